import type { Revision } from '../../../model/target.ts'
import { type Cluster, loadKubeConfig, open, pinOf } from '../../kubernetes/connect.ts'
import { revisions } from './history.ts'
import { isControlledBy, list } from '../../kubernetes/objects.ts'
import { type Deployment, type ReplicaSet } from './objects.ts'
import { type Owner, ownerOf, readClaims } from '../../kubernetes/owner.ts'

/** What `unwind init` shows of a cluster and one of its namespaces. */
export interface Survey {
  /** What the connection is to be pinned to. */
  pin: { server: string; caSha256?: string; clusterUid?: string }
  rights: Right[]
  /** By name; empty where the account may not list Deployments and ReplicaSets. */
  workloads: Workload[]
}

/** One right, whether the account has it, and what it is for. */
interface Right {
  verb: string
  resource: string
  allowed: boolean
  purpose: 'plan' | 'apply' | 'evidence'
}

interface Workload {
  workload: string
  replicas: number
  owner?: Owner
  revisions: Revision[]
}

export interface SurveyRequest {
  kubeconfig?: string | undefined
  context?: string | undefined
  namespace: string
  signal?: AbortSignal | undefined
}

const WITHIN = 30_000

/**
 * Looks round with an operator's kubeconfig, before anything is configured: where it leads, what the account may do,
 * what could be rolled back. Reads only. Throws what a connection throws.
 */
export async function survey({ kubeconfig, context, namespace, signal }: SurveyRequest): Promise<Survey> {
  const name = context ?? 'the current context'
  const config = loadKubeConfig({ kubeconfig, context }, name)
  const cluster = open(config, name)
  const bound = AbortSignal.any([AbortSignal.timeout(WITHIN), ...(signal ? [signal] : [])])
  const [identity, rights] = await Promise.all([cluster.identity(bound), readRights(cluster, namespace, bound)])
  const clusterUid = identity.startsWith('server-') ? undefined : identity
  const pin = { ...pinOf(config, name), ...(clusterUid && { clusterUid }) }
  const listed = rights.filter(({ verb, resource }) => verb === 'list' && LISTED.includes(resource))
  const workloads = listed.every(({ allowed }) => allowed) ? await readWorkloads(cluster, namespace, bound) : []
  return { pin, rights, workloads }
}

const LISTED = ['deployments.apps', 'replicasets.apps']

const RIGHTS: readonly Omit<Right, 'allowed'>[] = [
  { verb: 'get', resource: 'deployments.apps', purpose: 'plan' },
  { verb: 'list', resource: 'deployments.apps', purpose: 'plan' },
  { verb: 'get', resource: 'replicasets.apps', purpose: 'plan' },
  { verb: 'list', resource: 'replicasets.apps', purpose: 'plan' },
  { verb: 'list', resource: 'pods', purpose: 'plan' },
  { verb: 'patch', resource: 'deployments.apps', purpose: 'apply' },
  { verb: 'list', resource: 'events', purpose: 'evidence' },
  { verb: 'get', resource: 'configmaps', purpose: 'evidence' },
  { verb: 'get', resource: 'secrets', purpose: 'evidence' },
  { verb: 'list', resource: 'horizontalpodautoscalers.autoscaling', purpose: 'evidence' },
  { verb: 'list', resource: 'canaries.flagger.app', purpose: 'evidence' },
  { verb: 'list', resource: 'rollouts.argoproj.io', purpose: 'evidence' },
]

function readRights(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<Right[]> {
  return Promise.all(
    RIGHTS.map(async (right) => ({ ...right, allowed: await isAllowed(cluster, right, namespace, signal) })),
  )
}

async function isAllowed(
  cluster: Cluster,
  { verb, resource }: Omit<Right, 'allowed'>,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  const [plural = '', ...group] = resource.split('.')
  const resourceAttributes = { namespace, verb, resource: plural, group: group.join('.') }
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const asked = { verb: 'create', resource: 'selfsubjectaccessreviews.authorization.k8s.io' } as const
  const answer = await cluster.demand({ method: 'POST', path, body, signal }, asked)
  return (answer.body as { status?: { allowed?: boolean } }).status?.allowed === true
}

async function readWorkloads(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<Workload[]> {
  const path = (plural: string) => `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${plural}`
  const [deployments, replicaSets, claims] = await Promise.all([
    list<Deployment>(cluster, { path: path('deployments'), resource: 'deployments.apps', namespace, signal }),
    list<ReplicaSet>(cluster, { path: path('replicasets'), resource: 'replicasets.apps', namespace, signal }),
    readClaims(cluster, { namespace, name: '' }, signal),
  ])
  return deployments.map((deployment) => {
    const { name, uid } = deployment.metadata
    const owner = ownerOf('Deployment', deployment, claims)
    const own = replicaSets.filter(({ metadata }) => isControlledBy(metadata, uid))
    return {
      workload: `deployment/${name}`,
      replicas: deployment.spec.replicas ?? 1,
      ...(owner && { owner }),
      revisions: revisions(deployment, own),
    }
  })
}
