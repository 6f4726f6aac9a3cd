import type { Cluster } from '../../kubernetes/connect.ts'
import { refused } from '../../kubernetes/faults.ts'
import {
  type Condition,
  isControlledBy,
  list,
  type Metadata,
  type Place,
  type Read,
  read,
  type Selector,
  selectorText,
} from '../../kubernetes/objects.ts'

/** What is read here of Deployments and ReplicaSets. Everything else passes through untouched as raw JSON. */
export interface Template {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> } & Record<string, unknown>
  spec?: { containers?: Container[]; initContainers?: Container[]; volumes?: unknown[] } & Record<string, unknown>
}

interface Container {
  name: string
  image?: string
}

export interface Deployment {
  metadata: Metadata
  spec: {
    replicas?: number
    selector: Selector
    template: Template
    paused?: boolean
    progressDeadlineSeconds?: number
    strategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string } }
  }
  status?: {
    observedGeneration?: number
    replicas?: number
    updatedReplicas?: number
    readyReplicas?: number
    availableReplicas?: number
    conditions?: Condition[]
  }
}

export interface ReplicaSet {
  metadata: Metadata
  spec: { replicas?: number; selector: Selector; template: Template }
  status?: { replicas?: number; availableReplicas?: number; conditions?: Condition[] }
}

/** Throws TARGET_NOT_FOUND when there is no such Deployment. */
export async function readDeployment(cluster: Cluster, place: Place, signal: AbortSignal): Promise<Read<Deployment>> {
  const asked = { verb: 'get', resource: 'deployments.apps', namespace: place.namespace, name: place.name } as const
  return read(await cluster.demand({ method: 'GET', path: deploymentPath(place), signal }, asked))
}

/** undefined when there is no name, or when it is not there any more: the controller prunes old ReplicaSets. */
export async function readReplicaSet(
  cluster: Cluster,
  { namespace }: Place,
  name: string | null,
  signal: AbortSignal,
): Promise<ReplicaSet | undefined> {
  if (name === null) return undefined
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
  deployment: Deployment,
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

export function deploymentPath({ namespace, name }: Place): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(name)}`
}
