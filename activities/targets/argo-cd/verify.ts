import { milliseconds } from '../../../model/duration.ts'
import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import { type Application, deployedBy, readApplication, sameContent, shown } from '../../argo-cd/application.ts'
import type { Argo } from '../../argo-cd/connect.ts'
import { readWindows } from './project.ts'
import type { ArgoCdStep } from './schema.ts'
import { type ArgoState, holdOn } from './state.ts'

/** Between two looks. */
const LOOK = 1_000

/** Whether the application runs what it should, is held as it should be, and has been Healthy without a break for long enough. */
export async function verify(
  step: ArgoCdStep,
  state: ArgoState,
  context: CallContext<Argo>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const application = await readApplication(step, context)
  const windows = await readWindows(application, context)
  const { running, last, health, sync, name } = application
  const deployed = deployedBy(application)
  const facts = {
    ...{ revision: deployed?.revisions.join(', '), health: health.status, sync: sync.status },
    hold: holdOn(application, windows),
  }
  const evidence = (summary: string): Evidence => ({ summary: `${name} ${summary}`, facts })
  const wait = (summary: string) => ({ again: LOOK, doing: `${name} ${summary}`, evidence: evidence(summary) })
  if (running)
    return sameContent(running.content, state)
      ? wait(`has an operation to ${shown(state)}: ${running.phase}`)
      : { status: 'fail', evidence: evidence(`has an operation of ${running.by} to ${shown(running.content)}`) }
  if (!deployed?.complete || !sameContent(deployed, state))
    return { status: 'fail', evidence: evidence(`runs ${deployed ? shown(deployed) : 'nothing'}, not ${shown(state)}`) }
  if (facts.hold !== state.hold)
    return { status: 'fail', evidence: evidence(`is held by ${facts.hold}, not by ${state.hold}`) }
  return healthOf(application, milliseconds(step.stable), last?.finishedAt ?? 0, evidence, wait)
}

function healthOf(
  { health, now, reconciledAt }: Application,
  stable: number,
  finishedAt: number,
  evidence: (summary: string) => Evidence,
  wait: (summary: string) => Again & { evidence: Evidence },
): Verdict | (Again & { evidence: Evidence }) {
  const since = now - Math.max(finishedAt, health.since)
  if (health.status === 'Healthy') {
    if (reconciledAt < finishedAt) return wait('was not looked at since by its controller')
    if (since >= stable)
      return { status: 'pass', evidence: evidence(`has been Healthy for ${Math.round(since / 1_000)} s`) }
    return wait('is Healthy, and has to stay so')
  }
  if (health.status === 'Progressing') return wait('is Progressing')
  // What an operation has just left may still tell of the version before.
  if (since < stable) return wait(`is ${health.status}`)
  const status = /^(Degraded|Missing)$/.test(health.status) ? 'fail' : 'inconclusive'
  return { status, evidence: evidence(`is ${health.status}`) }
}
