import type { Cluster } from '../../kubernetes/connect.ts'
import { refused } from '../../kubernetes/faults.ts'
import {
  type Condition,
  isControlledBy,
  list,
  type Metadata,
  type Place,
  read,
  type Selector,
  selectorText,
} from '../../kubernetes/objects.ts'
import type { Candidate } from './candidate.ts'
import type { Template, Workload } from './objects.ts'
import { images, templateHash } from './template.ts'

export interface ReplicaSet {
  metadata: Metadata
  spec: { replicas?: number; selector: Selector; template: Template }
  status?: { replicas?: number; availableReplicas?: number; conditions?: Condition[] }
}

const REVISION = 'deployment.kubernetes.io/revision'
const EARLIER = 'deployment.kubernetes.io/revision-history'

/** What a ReplicaSet keeps. */
export function ofReplicaSet({ metadata, spec, status }: ReplicaSet): Candidate {
  const { name, uid, annotations = {}, creationTimestamp } = metadata
  return {
    ...{ name, uid, annotations, template: spec.template },
    revision: Number(annotations[REVISION] ?? 0),
    earlier: (annotations[EARLIER] ?? '').split(',').filter(Boolean).map(Number),
    images: images(spec.template),
    hash: templateHash(spec.template),
    available: status?.availableReplicas ?? 0,
    createdAt: creationTimestamp,
    conditions: status?.conditions ?? [],
    pods: { selector: spec.selector, controller: uid },
  }
}

/** undefined when it is not there any more: the controller prunes old ReplicaSets. */
export async function readReplicaSet(
  cluster: Cluster,
  { namespace, name }: Place,
  signal: AbortSignal,
): Promise<ReplicaSet | undefined> {
  const asked = { verb: 'get', resource: 'replicasets.apps', namespace, name } as const
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/replicasets/${encodeURIComponent(name)}`
  const answer = await cluster.ask({ method: 'GET', path, signal }, asked)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw refused(answer, asked, cluster.name)
  return read<ReplicaSet>(answer).object
}

/** The ReplicaSets that a Deployment controls: others may carry the same labels, so the controller's uid decides. */
export async function readReplicaSets(
  cluster: Cluster,
  deployment: Workload,
  namespace: string,
  signal: AbortSignal,
): Promise<ReplicaSet[]> {
  const found = await list<ReplicaSet>(cluster, {
    path: `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/replicasets`,
    resource: 'replicasets.apps',
    namespace,
    query: { labelSelector: selectorText(deployment.spec.selector) },
    signal,
  })
  return found.filter((replicaSet) => isControlledBy(replicaSet.metadata, deployment.metadata.uid))
}
