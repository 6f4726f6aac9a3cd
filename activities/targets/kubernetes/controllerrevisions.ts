import type { Cluster } from '../../kubernetes/connect.ts'
import { refused } from '../../kubernetes/faults.ts'
import { isControlledBy, list, type Metadata, type Place, read, selectorText } from '../../kubernetes/objects.ts'
import { type Candidate, isOf, POD_REVISION } from './candidate.ts'
import type { Spot, Template, Workload } from './objects.ts'
import type { Pod } from './pods.ts'
import { images, templateHash } from './template.ts'

/** What a StatefulSet or a DaemonSet keeps of an earlier template: a strategic merge patch that brings it back. */
export interface ControllerRevision {
  metadata: Metadata
  revision: number
  data?: { spec?: { template?: Template & { $patch?: string } } }
}

/**
 * What a ControllerRevision keeps, `pods` of its workload to tell how many serve. undefined for one without a template,
 * which another controller may have made. The word `$patch` is the patch's own and no part of the template.
 */
export function ofControllerRevision(
  { metadata, revision, data }: ControllerRevision,
  workload: Workload,
  { kind }: Pick<Spot, 'kind'>,
  pods?: readonly Pod[],
): Candidate | undefined {
  if (!data?.spec?.template) return undefined
  const { $patch: _, ...template } = data.spec.template
  const { name, uid, annotations = {}, labels = {}, creationTimestamp } = metadata
  // Pods of a StatefulSet bear the name of the ControllerRevision, those of a DaemonSet only its hash.
  const mark = kind === 'StatefulSet' ? name : (labels[POD_REVISION] ?? name)
  const own = { pods: { selector: workload.spec.selector, controller: workload.metadata.uid, mark } }
  return {
    ...{ name, uid, annotations, template, revision, ...own },
    earlier: [],
    images: images(template),
    hash: templateHash(template),
    available: pods?.filter((pod) => isReady(pod) && isOf(pod.metadata, own)).length,
    createdAt: creationTimestamp,
    conditions: [],
  }
}

function isReady({ metadata, status }: Pod): boolean {
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')
  return ready === true && !metadata.deletionTimestamp
}

/** undefined when it is not there any more: the controller prunes old ControllerRevisions. */
export async function readControllerRevision(
  cluster: Cluster,
  { namespace, name }: Place,
  signal: AbortSignal,
): Promise<ControllerRevision | undefined> {
  const asked = { verb: 'get', resource: 'controllerrevisions.apps', namespace, name } as const
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/controllerrevisions/${encodeURIComponent(name)}`
  const answer = await cluster.ask({ method: 'GET', path, signal }, asked)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw refused(answer, asked, cluster.name)
  return read<ControllerRevision>(answer).object
}

/** Those that the workload controls: others may carry the same labels, so the controller's uid decides. */
export async function readControllerRevisions(
  cluster: Cluster,
  { metadata, spec }: Workload,
  namespace: string,
  signal: AbortSignal,
): Promise<ControllerRevision[]> {
  const found = await list<ControllerRevision>(cluster, {
    path: `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/controllerrevisions`,
    resource: 'controllerrevisions.apps',
    namespace,
    query: { labelSelector: selectorText(spec.selector) },
    signal,
  })
  return found.filter((revision) => isControlledBy(revision.metadata, metadata.uid))
}
