import type { Cluster } from '../../kubernetes/connect.ts'
import {
  type Condition,
  isControlledBy,
  list,
  type Metadata,
  type Place,
  type Selector,
  selectorText,
} from '../../kubernetes/objects.ts'
import type { Candidate } from './candidate.ts'
import type { Spot, Workload } from './objects.ts'
import { readReplicaSets } from './replicasets.ts'

export interface Pod {
  metadata: Metadata
  status?: {
    phase?: string
    conditions?: Condition[]
    containerStatuses?: ContainerStatus[]
    initContainerStatuses?: ContainerStatus[]
  }
}

interface ContainerStatus {
  name: string
  /** What the node runs: a repository with the digest that it was pulled by. */
  imageID?: string
  restartCount?: number
  state?: { waiting?: { reason?: string } }
  lastState?: { terminated?: { reason?: string; exitCode?: number; finishedAt?: string } }
}

/** Why a pod will not become ready by waiting. */
export interface PodFailure {
  pod: string
  uid: string
  reason: string
  container?: string
  exitCode?: number
  restarts?: number
}

/**
 * The pods of whatever controls those of this template, also those that are being deleted: of one ReplicaSet, or all of a
 * StatefulSet or DaemonSet.
 */
export async function readPods(
  cluster: Cluster,
  { pods: { selector, controller } }: Candidate,
  { namespace }: Pick<Place, 'namespace'>,
  signal: AbortSignal,
): Promise<Pod[]> {
  const pods = await listPods(cluster, selector, namespace, signal)
  return pods.filter(({ metadata }) => isControlledBy(metadata, controller))
}

/** All pods of a workload, those that are being deleted among them. */
export async function readWorkloadPods(
  cluster: Cluster,
  workload: Workload,
  { kind, namespace }: Spot,
  signal: AbortSignal,
): Promise<Pod[]> {
  const [sets, pods] = await Promise.all([
    kind === 'Deployment' ? readReplicaSets(cluster, workload, namespace, signal) : undefined,
    listPods(cluster, workload.spec.selector, namespace, signal),
  ])
  const owners = sets?.map(({ metadata }) => metadata.uid) ?? [workload.metadata.uid]
  return pods.filter(({ metadata }) => owners.some((uid) => isControlledBy(metadata, uid)))
}

function listPods(cluster: Cluster, selector: Selector, namespace: string, signal: AbortSignal): Promise<Pod[]> {
  return list<Pod>(cluster, {
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
    resource: 'pods',
    namespace,
    query: { labelSelector: selectorText(selector) },
    signal,
  })
}

/** Reasons that end by themselves only when somebody changes something. */
const HOPELESS = new Set(['CrashLoopBackOff', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])
/** Reasons that a slow registry or a Secret made a moment later can explain; they count once they have lasted. */
const DOUBTFUL = new Set(['ErrImagePull', 'CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])
const PATIENCE = 5_000

/** The first failure that waiting will not mend. `now` is the API server's clock. */
export function firstFailure(pods: readonly Pod[], now: number): PodFailure | undefined {
  for (const pod of pods) {
    const failure = failureOf(pod, now)
    if (failure) return failure
  }
  return undefined
}

/** The same of one pod. */
export function failureOf(pod: Pod, now: number): PodFailure | undefined {
  return containerFailure(pod, now) ?? unschedulable(pod, now)
}

/** A container that has started again looks well until it ends the next time; so long it counts as crashing. */
const RECENT = 5 * 60_000

/** Why a pod crashes: it can't start now, or one of its containers ended with an error a short time ago. */
export function crashOf(pod: Pod, now: number): Pick<PodFailure, 'pod' | 'reason'> | undefined {
  const failure = containerFailure(pod, now)
  if (failure) return failure
  const ended = pod.status?.containerStatuses?.find(({ lastState }) => {
    const { exitCode = 0, finishedAt = '' } = lastState?.terminated ?? {}
    return exitCode !== 0 && now - Date.parse(finishedAt) < RECENT
  })?.lastState?.terminated
  return ended && { pod: pod.metadata.name, reason: ended.reason ?? `exit code ${ended.exitCode}` }
}

function containerFailure({ metadata, status }: Pod, now: number): PodFailure | undefined {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  const lasted = now - Date.parse(metadata.creationTimestamp ?? '') > PATIENCE
  for (const { name, restartCount, state, lastState } of containers) {
    const reason = state?.waiting?.reason
    if (!reason || !(HOPELESS.has(reason) || (DOUBTFUL.has(reason) && lasted))) continue
    const exitCode = lastState?.terminated?.exitCode
    return {
      pod: metadata.name,
      uid: metadata.uid,
      reason,
      container: name,
      ...(exitCode !== undefined && { exitCode }),
      ...(restartCount !== undefined && { restarts: restartCount }),
    }
  }
  return undefined
}

function unschedulable({ metadata, status }: Pod, now: number): PodFailure | undefined {
  const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (condition?.status !== 'False' || condition.reason !== 'Unschedulable') return undefined
  const since = Date.parse(condition.lastTransitionTime ?? '')
  return now - since > PATIENCE ? { pod: metadata.name, uid: metadata.uid, reason: 'Unschedulable' } : undefined
}

/**
 * When each pod that is ready now became so, epoch milliseconds; a restart in between makes it later. The counts of the
 * workload lag behind the pods, so they alone do not show that a pod has just stopped being ready.
 */
export function readyTimes(pods: readonly Pod[]): number[] {
  return pods.flatMap(({ status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    return ready?.status === 'True' ? [Date.parse(ready.lastTransitionTime ?? '') || 0] : []
  })
}
