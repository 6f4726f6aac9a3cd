import { canonical } from '../../../model/canonical.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { type Condition, list, type Metadata, type Selector, selectorText } from '../../kubernetes/objects.ts'
import type { Live } from './live.ts'
import { type Item, podImages, titleOf } from '../../kubernetes/manifest.ts'
import { RIGHTS } from './state.ts'

/** How one workload of a release stands. */
export interface Standing {
  title: string
  desired: number
  ready: number
  complete: boolean
  /** Why waiting will not help. */
  failure?: string
}

/** No container has failed for good so early; until then pods need not be read. Milliseconds. */
const EARLY = 1_000

interface Counts {
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  availableReplicas?: number
  readyReplicas?: number
  currentRevision?: string
  updateRevision?: string
  desiredNumberScheduled?: number
  updatedNumberScheduled?: number
  numberAvailable?: number
  conditions?: Condition[]
}

interface Pod {
  metadata: Metadata
  spec?: { containers?: { image?: string }[] }
  status?: { initContainerStatuses?: Container[]; containerStatuses?: Container[] }
}

interface Container {
  name: string
  restartCount?: number
  state?: { waiting?: { reason?: string } }
}

/** How a workload stands that is there, by the counts of its controller, and by its pods while it is not complete. */
export async function standingOf(
  item: Item,
  live: Live,
  release: { namespace: string },
  { cluster, signal, since }: { cluster: Cluster; signal: AbortSignal; since: number },
): Promise<Standing> {
  const title = titleOf(item, release)
  const status = (live['status'] ?? {}) as Counts
  if (canonical(podImages(live)) !== canonical(podImages(item.body)))
    return { title, desired: 0, ready: 0, complete: false, failure: `${title} has other images than the revision` }
  const observed = (status.observedGeneration ?? 0) >= (live.metadata.generation ?? 0)
  const counted = item.kind === 'DaemonSet' ? daemons(status) : replicas(item.kind, live, status)
  const standing = { title, desired: counted.desired, ready: counted.ready, complete: observed && counted.complete }
  if (standing.complete || !observed) return standing
  const early = Date.now() - since < EARLY
  const failure = expired(title, status) ?? (early ? undefined : await podFailure(item, live, cluster, signal))
  return failure === undefined ? standing : { ...standing, failure }
}

interface Counted {
  desired: number
  ready: number
  complete: boolean
}

function daemons({ desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 }: Counts): Counted {
  const complete = updatedNumberScheduled >= desiredNumberScheduled && numberAvailable >= desiredNumberScheduled
  return { desired: desiredNumberScheduled, ready: numberAvailable, complete }
}

function replicas(kind: string, live: Live, status: Counts): Counted {
  const desired = live.spec?.replicas ?? 1
  const { replicas: all = 0, updatedReplicas = 0, availableReplicas = 0 } = status
  const counts = [all, updatedReplicas, availableReplicas].every((count) => count === desired)
  // A partition or OnDelete keeps old pods for good; then the revisions stay apart.
  const moved = kind !== 'StatefulSet' || status.currentRevision === status.updateRevision
  return { desired, ready: availableReplicas, complete: counts && moved }
}

function expired(title: string, { conditions = [] }: Counts): string | undefined {
  const stuck = conditions.find(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded')
  return stuck && `${title}: the rollout made no progress in time`
}

const HOPELESS = new Set(['CrashLoopBackOff', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])

/** The first container of the revision's own pods that only somebody's hand can help. */
async function podFailure(item: Item, live: Live, cluster: Cluster, signal: AbortSignal): Promise<string | undefined> {
  const selector = live.spec?.['selector'] as Selector | undefined
  if (!selector) return undefined
  const { namespace } = item
  const pods = await list<Pod>(cluster, {
    ...{ path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, resource: 'pods', namespace },
    // As the API server has heard of them by now, without waiting for more: it is asked again at the next look.
    ...{ query: { labelSelector: selectorText(selector), resourceVersion: '0' }, rights: RIGHTS, signal },
  })
  const wanted = (item.body.spec?.template?.spec?.containers ?? []).flatMap(({ image }) => image ?? [])
  for (const { metadata, spec, status } of pods) {
    const images = new Set((spec?.containers ?? []).map(({ image }) => image))
    if (metadata.deletionTimestamp || !wanted.every((image) => images.has(image))) continue
    const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    const bad = all.find(({ state }) => HOPELESS.has(state?.waiting?.reason ?? ''))
    if (bad) return `container ${bad.name} of pod ${metadata.name}: ${bad.state?.waiting?.reason}`
  }
  return undefined
}
