import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { clip } from '../../kubernetes/faults.ts'
import { type Place, type Read } from '../../kubernetes/objects.ts'
import { type Deployment, type ReplicaSet, readDeployment, readReplicaSet, readReplicaSets } from './objects.ts'
import { firstFailure, lastWarning, type Pod, type PodFailure, readPods, readyTimes } from './pods.ts'
import { candidates, withTemplate } from './revision.ts'
import { changedAt, deadlineExceeded, deadlocked, type Rollout, rollout } from './rollout.ts'
import type { KubernetesStep } from './schema.ts'
import { type DeploymentState, isAt, placeOf } from './state.ts'

type Judgement = Verdict | (Again & { evidence: Evidence })

/** Pods need some time to show a failure, and a fast rollout should not wait for a list of them. */
const FIRST_LOOK_AT_PODS = 300

/** Is the Deployment in this state, and do its pods hold there? Fails as soon as waiting can't help. */
export async function verify(
  step: KubernetesStep,
  state: DeploymentState,
  context: CallContext<Cluster>,
): Promise<Judgement> {
  const place = placeOf(step)
  const [found] = await Promise.all([readExisting(place, context), context.connection.identity(context.signal)])
  if (!found) return verdict('fail', `deployment/${place.name} in ${place.namespace} does not exist any more`)
  const { object: deployment, date: now } = found
  if (!isAt(deployment, state)) return elsewhere(deployment, state, place)
  const progress = rollout(deployment)
  if (!progress.observed) return wait(context, 'the controller has not seen the change yet', progress)
  if (progress.desired === 0)
    return verdict('inconclusive', `deployment/${place.name} has 0 replicas: no pod shows that it works`, progress)
  if (progress.complete && milliseconds(step.soak) === 0) return passed(progress, place, 0)
  const ready = `${progress.available} of ${progress.desired} pods ready`
  if (!progress.complete && Date.now() - context.since < FIRST_LOOK_AT_PODS) return wait(context, ready, progress)
  const named = await readReplicaSet(context.connection, place, state.replicaSet, context.signal)
  const replicaSet = named ?? (await findReplicaSet(deployment, state, place, context))
  if (!replicaSet) return wait(context, 'its ReplicaSet is not there yet', progress)
  return judgePods(step, { deployment, replicaSet, progress, now }, place, context)
}

interface Sight {
  deployment: Deployment
  replicaSet: ReplicaSet
  progress: Rollout
  now: number
}

async function judgePods(
  step: KubernetesStep,
  { deployment, replicaSet, progress, now }: Sight,
  place: Place,
  context: CallContext<Cluster>,
): Promise<Judgement> {
  const pods = await readPods(context.connection, replicaSet, place, context.signal)
  const failure = firstFailure(pods, now)
  if (failure) return failed(failure, replicaSet, place, context)
  if (progress.complete) return soak(step, progress, pods, now, place, context)
  const full = deadlocked(deployment, replicaSet)
  if (full)
    return verdict(
      'fail',
      `no new pod can be made and no old one may end before: ${clip(full.message ?? '')}; raise the quota or allow maxUnavailable`,
      progress,
    )
  const expired = deadlineExceeded(deployment, changedAt(deployment, context))
  if (!expired) return wait(context, `${progress.available} of ${progress.desired} pods ready`, progress)
  return verdict('fail', `the rollout made no progress in time: ${clip(expired.message ?? '')}`, progress)
}

/**
 * Held since the last pod became ready, or since the verification began if that is later: both are kept elsewhere, so a
 * soak survives a crash of the worker. Pods are measured by the API server's clock. One that claims to have become
 * ready in the future has a clock that can't be used; then only the beginning counts.
 */
function soak(
  step: KubernetesStep,
  progress: Rollout,
  pods: readonly Pod[],
  now: number,
  place: Place,
  context: CallContext<Cluster>,
): Judgement {
  const times = readyTimes(pods)
  if (times.length < progress.desired)
    return wait(context, `${times.length} of ${progress.desired} pods ready`, progress)
  const ready = Math.max(...times)
  const skewed = ready > now + SKEW
  const held = Math.min(Date.now() - context.since, skewed ? Number.POSITIVE_INFINITY : now - ready)
  const wanted = milliseconds(step.soak)
  if (held >= wanted) return passed(progress, place, held)
  const doing = `all ${progress.desired} pods ready, held for ${readable(Math.max(0, held))} of ${step.soak}`
  const evidence = { summary: doing, facts: { ...progress } }
  return { again: Math.min(1_000, Math.max(20, wanted - held)), doing, evidence }
}

/** Times in Kubernetes have whole seconds, and nodes are not set to the millisecond. */
const SKEW = 5_000

function passed(progress: Rollout, place: Place, held: number): Verdict {
  const pods = progress.desired === 1 ? 'the one pod' : `all ${progress.desired} pods`
  const since = held > 0 ? `, held for ${readable(held)}` : ''
  return verdict(
    'pass',
    `${pods} of deployment/${place.name} run the restored template and are ready${since}`,
    progress,
  )
}

async function failed(
  failure: PodFailure,
  replicaSet: ReplicaSet,
  place: Place,
  context: CallContext<Cluster>,
): Promise<Verdict> {
  const { uid: _, ...seen } = failure
  const event = await lastWarning(context.connection, failure, replicaSet, place, context.signal)
  const exit = failure.exitCode === undefined ? '' : `, exit code ${failure.exitCode}`
  const where = failure.container ? `container ${failure.container} of pod ${failure.pod}` : `pod ${failure.pod}`
  return verdict('fail', `${where}: ${failure.reason}${exit}`, { ...seen, ...(event && { event }) })
}

function elsewhere({ metadata, spec }: Deployment, state: DeploymentState, place: Place): Verdict {
  const name = `deployment/${place.name}`
  if (metadata.uid !== state.uid) return verdict('fail', `${name} was deleted and made anew`, { uid: metadata.uid })
  if ((spec.paused === true) !== state.paused)
    return verdict('fail', `somebody ${spec.paused ? 'paused' : 'resumed'} ${name}`)
  const writers = (metadata.managedFields ?? []).flatMap(({ manager, time, subresource }) =>
    subresource ? [] : [`${manager} at ${time}`],
  )
  return verdict('fail', `${name} has another template than the restored one: somebody changed it`, {
    writers: writers.slice(-5),
  })
}

/** Short at first, so that a fast rollout is seen fast; then not more than once a second. */
function wait({ since }: CallContext<Cluster>, doing: string, progress: Rollout): Judgement {
  const elapsed = Math.max(0, Date.now() - since)
  return {
    again: Math.min(1_000, Math.max(10, elapsed / 20)),
    doing,
    evidence: { summary: doing, facts: { ...progress } },
  }
}

function verdict(status: Verdict['status'], summary: string, facts?: object): Verdict {
  return { status, evidence: { summary, ...(facts && { facts: { ...facts } }) } }
}

async function readExisting(place: Place, context: CallContext<Cluster>): Promise<Read<Deployment> | undefined> {
  try {
    return await readDeployment(context.connection, place, context.signal)
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_NOT_FOUND') return undefined
    throw error
  }
}

/** Pruned and made anew, the ReplicaSet of the same template may have another name. */
async function findReplicaSet(
  deployment: Deployment,
  state: DeploymentState,
  place: Place,
  { connection, signal }: CallContext<Cluster>,
): Promise<ReplicaSet | undefined> {
  const all = candidates(await readReplicaSets(connection, deployment, place.namespace, signal))
  return withTemplate(all, state.templateHash)?.replicaSet
}
