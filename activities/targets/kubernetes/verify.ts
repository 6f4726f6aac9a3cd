import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { clip } from '../../kubernetes/faults.ts'
import type { Read } from '../../kubernetes/objects.ts'
import { type Candidate, isOf, withTemplate } from './candidate.ts'
import { newestWarning } from './events.ts'
import { remaining } from './held.ts'
import { readCandidates, readKept } from './kept.ts'
import { readWorkload, type Spot, spotOf, type Workload } from './objects.ts'
import { firstFailure, type Pod, type PodFailure, readPods, readyTimes } from './pods.ts'
import { changedAt, deadlineExceeded, deadlocked, type Rollout, rollout } from './rollout.ts'
import type { KubernetesStep } from './schema.ts'
import { isAt, isPaused, type WorkloadState } from './state.ts'
import { stuckPods } from './stuck.ts'

type Judgement = Verdict | (Again & { evidence: Evidence })

/** Pods need some time to show a failure, and a fast rollout should not wait for a list of them. */
const FIRST_LOOK_AT_PODS = 300

/** Is the workload in this state, and do its pods hold there? Fails as soon as waiting can't help. */
export async function verify(
  step: KubernetesStep,
  state: WorkloadState,
  context: CallContext<Cluster>,
): Promise<Judgement> {
  const spot = spotOf(step)
  const [found] = await Promise.all([readExisting(spot, context), context.connection.identity(context.signal)])
  if (!found) return verdict('fail', `${spot.workload} in ${spot.namespace} does not exist any more`)
  const { object: workload, date: now } = found
  if (!isAt(workload, state)) return elsewhere(workload, state, spot)
  const progress = rollout(workload, spot)
  if (!progress.observed) return wait(context, 'the controller has not seen the change yet', progress)
  if (progress.desired === 0) return verdict('inconclusive', nothingRuns(spot), progress)
  if (progress.complete && milliseconds(step.soak) === 0) return passed(progress, spot, 0)
  const ready = `${progress.available} of ${progress.desired} pods ready`
  const early = !progress.complete && !progress.held && Date.now() - context.since < FIRST_LOOK_AT_PODS
  if (early) return wait(context, ready, progress)
  const candidate = await findKept(workload, state, spot, context)
  if (!candidate) return wait(context, 'what keeps its template is not there yet', progress)
  return judgePods(step, { workload, spot, candidate, progress, now }, context)
}

function nothingRuns({ kind, workload }: Spot): string {
  if (kind === 'DaemonSet') return `${workload} belongs on no node: no pod shows that it works`
  return `${workload} has 0 replicas: no pod shows that it works`
}

interface Sight {
  workload: Workload
  spot: Spot
  candidate: Candidate
  progress: Rollout
  now: number
}

async function judgePods(step: KubernetesStep, sight: Sight, context: CallContext<Cluster>): Promise<Judgement> {
  const { workload, spot, candidate, progress, now } = sight
  const all = await readPods(context.connection, candidate, spot, context.signal)
  const pods = all.filter(({ metadata }) => !metadata.deletionTimestamp && isOf(metadata, candidate))
  const failure = firstFailure(pods, now)
  if (failure) return failed(failure, candidate, spot, context)
  if (progress.complete) return soak(step, progress, pods, now, spot, context)
  const standstill = standsStill(sight, all)
  if (standstill) return verdict('fail', standstill, progress)
  const left = progress.held && remaining(all, candidate, progress.held, spot)
  if (left) return verdict('inconclusive', left, progress)
  const refused = await refusedPod(sight, context)
  if (refused) return verdict('fail', refused, progress)
  const expired = deadlineExceeded(workload, changedAt(workload, context))
  if (!expired) return wait(context, `${progress.available} of ${progress.desired} pods ready`, progress)
  return verdict('fail', `the rollout made no progress in time: ${clip(expired.message ?? '')}`, progress)
}

/** Nobody is told of a pod that is made at the second attempt. */
const REFUSED = 5_000
/** What a quota, an admission plug-in or the API server itself says; a conflict or a timeout goes away by itself. */
const REFUSAL = /forbidden|denied the request|is invalid/

/**
 * Why the controller can't make a pod that is missing. A Deployment has a condition for that; for the other kinds there is
 * nothing but the warnings of their controller, and no deadline after which it would give up.
 */
async function refusedPod(sight: Sight, context: CallContext<Cluster>): Promise<string | undefined> {
  const { workload, spot, candidate, progress } = sight
  const early = Date.now() - context.since < REFUSED
  if (spot.kind === 'Deployment' || progress.total >= progress.desired || early) return undefined
  const about = { uid: workload.metadata.uid, reason: 'FailedCreate' }
  const warning = await newestWarning(context.connection, about, candidate, spot, context.signal)
  if (!warning || warning.at < changedAt(workload, context) || !REFUSAL.test(warning.message)) return undefined
  return `a pod of ${spot.workload} can't be made: ${warning.message}`
}

/** Why waiting will not bring the rollout further; undefined where it may. */
function standsStill({ workload, spot, candidate, now }: Sight, all: readonly Pod[]): string | undefined {
  const full = deadlocked(workload, candidate)
  if (full)
    return `no new pod can be made and no old one may end before: ${clip(full.message ?? '')}; raise the quota or allow maxUnavailable`
  const stuck = stuckPods(workload, spot, all, candidate, now).find(({ certain }) => certain)
  return (
    stuck &&
    `pod ${stuck.pod.metadata.name} of another template is not ready (${stuck.reason}), and ${spot.workload} waits for it before it moves any other: retry, which deletes it`
  )
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
  spot: Spot,
  context: CallContext<Cluster>,
): Judgement {
  const times = readyTimes(pods)
  if (times.length < progress.desired)
    return wait(context, `${times.length} of ${progress.desired} pods ready`, progress)
  const ready = Math.max(...times)
  const skewed = ready > now + SKEW
  const held = Math.min(Date.now() - context.since, skewed ? Number.POSITIVE_INFINITY : now - ready)
  const wanted = milliseconds(step.soak)
  if (held >= wanted) return passed(progress, spot, held)
  const doing = `all ${progress.desired} pods ready, held for ${readable(Math.max(0, held))} of ${step.soak}`
  const evidence = { summary: doing, facts: { ...progress } }
  return { again: Math.min(1_000, Math.max(20, wanted - held)), doing, evidence }
}

/** Times in Kubernetes have whole seconds, and nodes are not set to the millisecond. */
const SKEW = 5_000

function passed(progress: Rollout, { workload }: Spot, held: number): Verdict {
  const pods = progress.desired === 1 ? 'the one pod' : `all ${progress.desired} pods`
  const since = held > 0 ? `, held for ${readable(held)}` : ''
  return verdict('pass', `${pods} of ${workload} run the restored template and are ready${since}`, progress)
}

async function failed(
  failure: PodFailure,
  candidate: Candidate,
  spot: Spot,
  context: CallContext<Cluster>,
): Promise<Verdict> {
  const { uid, ...seen } = failure
  const warning = await newestWarning(context.connection, { uid }, candidate, spot, context.signal)
  const exit = failure.exitCode === undefined ? '' : `, exit code ${failure.exitCode}`
  const where = failure.container ? `container ${failure.container} of pod ${failure.pod}` : `pod ${failure.pod}`
  return verdict('fail', `${where}: ${failure.reason}${exit}`, { ...seen, ...(warning && { event: warning.message }) })
}

function elsewhere({ metadata, spec }: Workload, state: WorkloadState, { workload: name }: Spot): Verdict {
  if (metadata.uid !== state.uid) return verdict('fail', `${name} was deleted and made anew`, { uid: metadata.uid })
  if ((spec.paused === true) !== isPaused(state))
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

async function readExisting(spot: Spot, context: CallContext<Cluster>): Promise<Read<Workload> | undefined> {
  try {
    return await readWorkload(context.connection, spot, context.signal)
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_NOT_FOUND') return undefined
    throw error
  }
}

/** Pruned and made anew, what keeps the same template may have another name. */
async function findKept(
  workload: Workload,
  state: WorkloadState,
  spot: Spot,
  { connection, signal }: CallContext<Cluster>,
): Promise<Candidate | undefined> {
  const named = await readKept(connection, workload, spot, state, signal)
  return named ?? withTemplate(await readCandidates(connection, workload, spot, signal), state.templateHash)
}
