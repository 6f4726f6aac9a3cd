import { UnwindError } from '../../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { apply as applyOne } from '../apply.ts'
import { verify as verifyOne } from '../verify.ts'
import { alone, type ReleaseState } from './members.ts'
import type { KubernetesReleaseStep } from './schema.ts'

/**
 * One step onwards in the first workload that is not where it shall be. Where the state says so, the next one begins once
 * the rollout of the one before is complete, and one that fails stops those after it.
 */
export async function apply(
  step: KubernetesReleaseStep,
  { from, to }: Move<ReleaseState>,
  context: CallContext<Cluster>,
): Promise<{ state: ReleaseState } | Again> {
  const reached: ReleaseState['workloads'] = []
  const order = to.waits ? to.workloads : to.workloads.toReversed()
  for (const { workload, state } of order) {
    const left = from.workloads.find((member) => member.workload === workload)
    if (!left) throw new UnwindError('INVALID_REQUEST', `the move says nothing of where ${workload} comes from`)
    const outcome = await attempt(step, workload, { from: left.state, to: state }, moved(from, reached), context)
    if ('again' in outcome) return { ...outcome, doing: `${workload}: ${outcome.doing}` }
    reached.push({ workload, state: outcome.state })
    const waiting = to.waits && reached.length < order.length && (await holds(step, workload, outcome.state, context))
    if (waiting) return waiting
  }
  return { state: to.waits ? { workloads: reached, waits: true } : { workloads: reached.toReversed() } }
}

/** The names of those that have another template by now than they came with. */
function moved(from: ReleaseState, reached: ReleaseState['workloads']): string[] {
  return reached.flatMap(({ workload, state }) => {
    const before = from.workloads.find((member) => member.workload === workload)?.state
    return before && before.templateHash !== state.templateHash ? [workload] : []
  })
}

/** A refusal is only untouched while nothing has moved. */
async function attempt(
  step: KubernetesReleaseStep,
  workload: string,
  move: Parameters<typeof applyOne>[1],
  before: readonly string[],
  context: CallContext<Cluster>,
): ReturnType<typeof applyOne> {
  try {
    return await applyOne(alone(step, workload), move, context)
  } catch (error) {
    if (!(error instanceof UnwindError) || before.length === 0) throw error
    const message = `${error.message}. Moved before: ${before.join(', ')}`
    throw new UnwindError(error.code, message, { ...error.facts, untouched: false }, { cause: error })
  }
}

/** undefined once the rollout is complete; the soak is the verification's. */
async function holds(
  step: KubernetesReleaseStep,
  workload: string,
  state: ReleaseState['workloads'][number]['state'],
  context: CallContext<Cluster>,
): Promise<Again | undefined> {
  const judgement = await verifyOne({ ...alone(step, workload), soak: '0s' }, state, context)
  if ('again' in judgement) return { again: judgement.again, doing: `${workload}: ${judgement.doing}` }
  if (judgement.status !== 'fail') return undefined
  throw new UnwindError(
    'VERIFY_FAILED',
    `${workload}: ${judgement.evidence.summary}; those after it stay where they are`,
    judgement.evidence.facts,
  )
}
