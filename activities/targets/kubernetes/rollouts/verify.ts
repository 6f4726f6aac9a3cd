import { milliseconds, readable } from '../../../../model/duration.ts'
import { UnwindError } from '../../../../model/errors.ts'
import type { Again, CallContext, Evidence, Verdict } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { clip } from '../../../kubernetes/faults.ts'
import { firstFailure, readPods } from '../pods.ts'
import { changedAt } from '../rollout.ts'
import { failureLines } from './analysis.ts'
import { readRevisions } from './revisions.ts'
import { holderOf, invalidity, isObserved, isPromoted, look, type Sight, spotOf } from './rollout.ts'
import type { ArgoRolloutsStep } from './schema.ts'
import type { RolloutState } from './state.ts'
import { placeOf, standsForPeople } from './steps.ts'

type Judgement = Verdict | (Again & { evidence: Evidence })

/** Pods need some time to show a failure. */
const FIRST_LOOK_AT_PODS = 1_000

/** Is the Rollout at this revision, and does its controller call it Healthy and stable there? */
export async function verify(
  step: ArgoRolloutsStep,
  state: RolloutState,
  context: CallContext<Cluster>,
): Promise<Judgement> {
  const [sight] = await Promise.all([existing(step, context), context.connection.identity(context.signal)])
  const { workload, namespace } = spotOf(step)
  if (!sight) return verdict('fail', `${workload} in ${namespace} does not exist any more`)
  if (sight.rollout.metadata.uid !== state.uid) return verdict('fail', `${workload} was deleted and made anew`)
  if (!isObserved(sight)) return wait(sight, context, 'its controller has not seen the template yet')
  const refused = invalidity(sight.rollout)
  if (refused !== undefined) return verdict('fail', `the controller refuses the spec of ${workload}: ${clip(refused)}`)
  if (sight.rollout.status?.currentPodHash !== state.podHash)
    return verdict('fail', `${workload} has another template than the one wanted: somebody changed it`, factsOf(sight))
  return state.aborted === true ? aborted(sight, context) : healthy(step, sight, context)
}

/** Back at stable: the word is there, and the stable revision carries all of it. */
function aborted(sight: Sight, context: CallContext<Cluster>): Judgement {
  const { rollout, spot } = sight
  const { status = {} } = rollout
  if (status.abort !== true)
    return verdict('fail', `the update of ${spot.workload} is not aborted any more`, factsOf(sight))
  if (status.phase !== 'Degraded') return wait(sight, context, 'its controller has not aborted it yet')
  const { activeSelector } = status.blueGreen ?? {}
  if (activeSelector !== undefined && activeSelector !== status.stableRS)
    return wait(sight, context, 'the active service has not switched back yet')
  const weight = status.canary?.weights?.canary?.weight ?? 0
  if (weight > 0) return wait(sight, context, `${weight} % of the traffic still go to the canary`)
  const [wanted, ready] = [rollout.spec.replicas ?? 1, status.availableReplicas ?? 0]
  if (ready < wanted) return wait(sight, context, `${ready} of ${wanted} pods ready`)
  return verdict('pass', `${spot.workload} is back at stable; its spec still names what was aborted`, factsOf(sight))
}

async function healthy(step: ArgoRolloutsStep, sight: Sight, context: CallContext<Cluster>): Promise<Judgement> {
  const { rollout, spot } = sight
  const { status = {} } = rollout
  if (rollout.spec.replicas === 0)
    return verdict('inconclusive', `${spot.workload} has 0 replicas: no pod shows that it works`, factsOf(sight))
  if (status.abort === true) {
    const because = [clip(status.message ?? ''), ...(await failureLines(sight, context))].filter(Boolean)
    return verdict('fail', `the update of ${spot.workload} was aborted: ${because.join('; ')}`, factsOf(sight))
  }
  if (status.phase === 'Healthy' && isPromoted(rollout)) return soak(step, sight, context)
  if (status.promoteFull === true) return wait(sight, context, 'its controller promotes it')
  if (rollout.spec.paused === true || (status.phase === 'Paused' && standsForPeople(rollout)))
    return verdict('inconclusive', waiting(sight), factsOf(sight))
  const gaveUp = gaveUpOn(sight, context)
  if (gaveUp !== undefined) return verdict('fail', `${spot.workload} is Degraded: ${gaveUp}`, factsOf(sight))
  const failure = await failingPod(sight, context)
  if (failure) return verdict('fail', failure, factsOf(sight))
  return wait(sight, context, clip(status.message ?? '') || 'its update goes on')
}

function waiting({ rollout, spot }: Sight): string {
  const place = placeOf(rollout)
  const why = rollout.spec.paused ? 'spec.paused' : (rollout.status?.message ?? 'a pause')
  return `${spot.workload} is paused${place && ` at ${place}`} (${clip(why)}) until somebody promotes it: promote it, then retry, or go back with promote: full`
}

/** A condition stays from an earlier update until the controller sees progress, so an older one says nothing. */
function gaveUpOn(sight: Sight, context: CallContext<Cluster>): string | undefined {
  const found = sight.rollout.status?.conditions?.find(({ reason }) => reason === 'ProgressDeadlineExceeded')
  const since = Math.floor(changedAt(holderOf(sight).object, context) / 1_000) * 1_000
  return found && Date.parse(found.lastUpdateTime ?? '') > since
    ? clip(found.message ?? 'no progress in time')
    : undefined
}

/** Held since the controller calls it healthy, or since the verification began if that is later. */
function soak(step: ArgoRolloutsStep, sight: Sight, { since }: CallContext<Cluster>): Judgement {
  const { rollout, spot, now } = sight
  const condition = rollout.status?.conditions?.find(({ type, status }) => type === 'Healthy' && status === 'True')
  const told = Date.parse(condition?.lastTransitionTime ?? '')
  const skewed = Number.isNaN(told) || told > now + SKEW
  const held = Math.max(0, Math.min(Date.now() - since, skewed ? Number.POSITIVE_INFINITY : now - told))
  const wanted = milliseconds(step.soak)
  const pods = `${rollout.status?.availableReplicas ?? 0} pods`
  if (held >= wanted || wanted === 0) {
    const long = wanted > 0 ? `, held for ${readable(held)}` : ''
    return verdict(
      'pass',
      `${spot.workload} is Healthy and stable at the wanted revision, ${pods}${long}`,
      factsOf(sight),
    )
  }
  const doing = `Healthy, held for ${readable(held)} of ${step.soak}`
  return {
    again: Math.min(1_000, Math.max(20, wanted - held)),
    doing,
    evidence: { summary: doing, facts: factsOf(sight) },
  }
}

/** Times in Kubernetes have whole seconds. */
const SKEW = 5_000

/** A container that waiting will not mend. The controller itself would only tell at its progress deadline. */
async function failingPod(
  sight: Sight,
  { connection, signal, since }: CallContext<Cluster>,
): Promise<string | undefined> {
  if (Date.now() - since < FIRST_LOOK_AT_PODS) return undefined
  const all = await readRevisions(connection, sight, signal)
  const current = all.find(({ hash }) => hash !== '' && hash === sight.rollout.status?.currentPodHash)
  if (!current) return undefined
  const pods = await readPods(connection, current, sight.spot, signal)
  const failure = firstFailure(
    pods.filter(({ metadata }) => !metadata.deletionTimestamp),
    sight.now,
  )
  const where = failure?.container ? `container ${failure.container} of pod ${failure.pod}` : `pod ${failure?.pod}`
  return failure && `${where}: ${failure.reason}`
}

function wait(sight: Sight, { since }: CallContext<Cluster>, what: string): Judgement {
  const place = placeOf(sight.rollout)
  const doing = place && !isPromoted(sight.rollout) ? `${place}: ${what}` : what
  const elapsed = Math.max(0, Date.now() - since)
  return {
    again: Math.min(1_000, Math.max(50, elapsed / 20)),
    doing,
    evidence: { summary: doing, facts: factsOf(sight) },
  }
}

function factsOf({ rollout: { status = {} } }: Sight): Record<string, unknown> {
  const { phase, currentPodHash, stableRS, currentStepIndex, abort, availableReplicas } = status
  return { phase, currentPodHash, stableRS, currentStepIndex, abort: abort === true, availableReplicas }
}

function verdict(status: Verdict['status'], summary: string, facts?: Record<string, unknown>): Verdict {
  return { status, evidence: { summary, ...(facts && { facts }) } }
}

async function existing(
  step: ArgoRolloutsStep,
  { connection, signal }: CallContext<Cluster>,
): Promise<Sight | undefined> {
  try {
    return await look(connection, spotOf(step), signal)
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_NOT_FOUND') return undefined
    throw error
  }
}
