import type { Cluster } from '../../kubernetes/connect.ts'
import { refused } from '../../kubernetes/faults.ts'
import { type Candidate, isOf } from './candidate.ts'
import type { Spot, Workload } from './objects.ts'
import { failureOf, type Pod } from './pods.ts'

/** A pod of another template that is not ready, so that an ordered StatefulSet waits for it before it moves any other. */
export interface Stuck {
  pod: Pod
  /** Why it is not ready, as far as one can tell. */
  reason: string
  /** Whether waiting will not mend it: it fails, or has not been ready for long enough. */
  certain: boolean
}

/** A pod may need a while to become ready, and is then replaced by the controller itself. In milliseconds. */
const UNREADY = 15_000

/**
 * Pods for which the controller waits for ever although its template is another one by now. With OrderedReady it looks
 * for pods to replace only once all of them are running and ready (kubernetes pkg/controller/statefulset
 * stateful_set_control.go, processReplica; kubernetes#67250), so bringing the template back moves nothing. A pod below
 * the partition is none: its successor would be made from the same template. Nor is one that has ended by itself, which
 * the controller makes anew. `now` is the API server's clock.
 */
export function stuckPods(
  workload: Workload,
  spot: Spot,
  pods: readonly Pod[],
  target: Pick<Candidate, 'pods'>,
  now: number,
): Stuck[] {
  if (!isOrdered(workload, spot)) return []
  const { updateStrategy, ordinals } = workload.spec
  const first = (ordinals?.start ?? 0) + (updateStrategy?.rollingUpdate?.partition ?? 0)
  return pods.flatMap((pod) => {
    const { metadata, status } = pod
    if (metadata.deletionTimestamp || isOf(metadata, target) || ordinalOf(pod) < first) return []
    if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return []
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status === 'True') return []
    const failure = failureOf(pod, now)
    const since = Date.parse(ready?.lastTransitionTime ?? metadata.creationTimestamp ?? '')
    return [{ pod, reason: failure?.reason ?? 'not ready', certain: failure !== undefined || now - since > UNREADY }]
  })
}

/** Whether anything of the kind can happen to such a workload. */
export function isOrdered({ spec }: Workload, { kind }: Pick<Spot, 'kind'>): boolean {
  return kind === 'StatefulSet' && spec.podManagementPolicy !== 'Parallel' && spec.updateStrategy?.type !== 'OnDelete'
}

/**
 * Deletes exactly this pod; the controller makes its successor from the present template. Answers `gone` when it is not
 * there any more, or another one under its name. `dryRun` only asks whether the account and the admission would let it.
 */
export async function deletePod(
  cluster: Cluster,
  { metadata }: Pod,
  { namespace }: Spot,
  { signal, dryRun = false }: { signal: AbortSignal; dryRun?: boolean },
): Promise<'deleted' | 'gone'> {
  const { name, uid } = metadata
  const asked = { verb: 'delete', resource: 'pods', namespace, name } as const
  // The API server takes the body and forgets the query; that one is for proxies and audit logs, which see no body.
  const query = dryRun ? '?dryRun=All' : ''
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}${query}`
  const body = {
    ...{ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } },
    ...(dryRun && { dryRun: ['All'] }),
  }
  const answer = await cluster.ask({ method: 'DELETE', path, body, signal }, asked)
  if (answer.status === 404 || answer.status === 409) return 'gone'
  if (answer.status >= 300) throw refused(answer, asked, cluster.name)
  return 'deleted'
}

function ordinalOf({ metadata }: Pod): number {
  return Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? -1)
}
