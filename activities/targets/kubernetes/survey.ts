import type { Revision } from '../../../model/target.ts'
import { type Cluster, loadKubeConfig, open, pinOf } from '../../kubernetes/connect.ts'
import { revisions } from './history.ts'
import { isControlledBy, list, type Metadata } from '../../kubernetes/objects.ts'
import { type Owner, ownerOf, readClaims } from '../../kubernetes/owner.ts'
import { type Candidate, newestFirst } from './candidate.ts'
import { type ControllerRevision, ofControllerRevision } from './controllerrevisions.ts'
import { type Spot, spotOf, type Workload } from './objects.ts'
import { ofReplicaSet, type ReplicaSet } from './replicasets.ts'
import { rollout } from './rollout.ts'

/** What `unwind init` shows of a cluster and one of its namespaces. */
export interface Survey {
  /** What the connection is to be pinned to. */
  pin: { server: string; caSha256?: string; clusterUid?: string }
  rights: Right[]
  /** By name; empty where the account may not list them and what keeps their templates. */
  workloads: Found[]
}

/** One right, whether the account has it, and what it is for. */
interface Right {
  verb: string
  resource: string
  allowed: boolean
  purpose: 'plan' | 'apply' | 'evidence'
}

interface Found {
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

const LISTED = [
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'replicasets.apps',
  'controllerrevisions.apps',
]

const RIGHTS: readonly Omit<Right, 'allowed'>[] = [
  ...LISTED.flatMap((resource) =>
    (['get', 'list'] as const).map((verb) => ({ verb, resource, purpose: 'plan' as const })),
  ),
  { verb: 'list', resource: 'pods', purpose: 'plan' },
  { verb: 'patch', resource: 'deployments.apps', purpose: 'apply' },
  { verb: 'patch', resource: 'statefulsets.apps', purpose: 'apply' },
  { verb: 'patch', resource: 'daemonsets.apps', purpose: 'apply' },
  { verb: 'delete', resource: 'pods', purpose: 'apply' },
  { verb: 'list', resource: 'events', purpose: 'evidence' },
  { verb: 'get', resource: 'configmaps', purpose: 'evidence' },
  { verb: 'get', resource: 'secrets', purpose: 'evidence' },
  { verb: 'list', resource: 'horizontalpodautoscalers.autoscaling', purpose: 'evidence' },
  { verb: 'list', resource: 'poddisruptionbudgets.policy', purpose: 'evidence' },
  { verb: 'list', resource: 'resourcequotas', purpose: 'evidence' },
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

/** The workloads of every kind that keeps its earlier templates. */
async function readWorkloads(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<Found[]> {
  const all = <T>(plural: string) =>
    list<T>(cluster, {
      path: `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${plural}`,
      ...{ resource: `${plural}.apps`, namespace, signal },
    })
  const [deployments, statefulSets, daemonSets, replicaSets, controllerRevisions, claims] = await Promise.all([
    all<Workload>('deployments'),
    all<Workload>('statefulsets'),
    all<Workload>('daemonsets'),
    all<ReplicaSet>('replicasets'),
    all<ControllerRevision>('controllerrevisions'),
    readClaims(cluster, { namespace, name: '' }, signal),
  ])
  const kept = (workload: Workload, spot: Spot): Candidate[] => {
    const own = ({ metadata }: { metadata: Metadata }) => isControlledBy(metadata, workload.metadata.uid)
    if (spot.kind === 'Deployment') return replicaSets.filter(own).map(ofReplicaSet)
    return controllerRevisions.filter(own).flatMap((revision) => ofControllerRevision(revision, workload, spot) ?? [])
  }
  const found = (word: string, workloads: readonly Workload[]) =>
    workloads.map((workload) => {
      const spot = spotOf({ workload: `${word}/${workload.metadata.name}`, namespace })
      const owner = ownerOf(spot.kind, workload, claims)
      return {
        workload: spot.workload,
        replicas: rollout(workload, spot).desired,
        ...(owner && { owner }),
        revisions: revisions(workload, newestFirst(kept(workload, spot)), spot),
      }
    })
  return [...found('deployment', deployments), ...found('statefulset', statefulSets), ...found('daemonset', daemonSets)]
}
