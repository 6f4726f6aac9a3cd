import type { Again, CallContext, Evidence, Verdict } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { verify as verifyOne } from '../verify.ts'
import { alone, type ReleaseState } from './members.ts'
import type { KubernetesReleaseStep } from './schema.ts'

/** Every workload at once: one that fails is enough to fail, one that proves nothing to prove nothing. */
export async function verify(
  step: KubernetesReleaseStep,
  { workloads }: ReleaseState,
  context: CallContext<Cluster>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const all = await Promise.all(
    workloads.map(async ({ workload, state }) => ({
      workload,
      judgement: await verifyOne(alone(step, workload), state, context),
    })),
  )
  const facts = Object.fromEntries(all.map(({ workload, judgement }) => [workload, judgement.evidence.summary]))
  const told = (which: typeof all) =>
    which.map(({ workload, judgement }) => `${workload}: ${judgement.evidence.summary}`).join('; ')
  const having = (status: Verdict['status']) =>
    all.filter(({ judgement }) => 'status' in judgement && judgement.status === status)
  const waiting = all.flatMap(({ judgement }) => ('again' in judgement ? [judgement.again] : []))
  const failed = having('fail')
  if (failed.length > 0) return { status: 'fail', evidence: { summary: told(failed), facts } }
  if (waiting.length > 0) {
    const doing = told(all.filter(({ judgement }) => 'again' in judgement))
    return { again: Math.min(...waiting), doing, evidence: { summary: doing, facts } }
  }
  const unclear = having('inconclusive')
  if (unclear.length > 0) return { status: 'inconclusive', evidence: { summary: told(unclear), facts } }
  return { status: 'pass', evidence: { summary: `all ${all.length} workloads hold: ${told(all)}`, facts } }
}
