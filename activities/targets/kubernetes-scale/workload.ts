import { UnwindError } from '../../../model/errors.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import type { Asked } from '../../kubernetes/faults.ts'
import { type Metadata, type Place, read, type Selector } from '../../kubernetes/objects.ts'
import type { KubernetesScaleStep } from './schema.ts'
import type { Scale } from './state.ts'

/** The parts of a Deployment, a StatefulSet or a CronJob that say whether it runs. The rest is never written. */
export interface Workload {
  metadata: Metadata
  spec: {
    replicas?: number
    suspend?: boolean
    selector?: Selector
    template?: { spec?: { terminationGracePeriodSeconds?: number } }
    progressDeadlineSeconds?: number
  }
  status?: {
    observedGeneration?: number
    replicas?: number
    readyReplicas?: number
    /** Jobs of a CronJob that still run. */
    active?: { name?: string }[]
  }
}

/** A workload's place, and how the API calls its kind. */
export interface Spot extends Place {
  kind: 'Deployment' | 'StatefulSet' | 'CronJob'
  /** As a step writes it, in the singular: deployment/checkout. */
  workload: string
  resource: string
  path: string
}

/** The manifest with the rights of this kind. */
export const RIGHTS = 'docs/rbac/kubernetes-scale/operator.yaml'

const KINDS = {
  deployment: { kind: 'Deployment', api: 'apps', plural: 'deployments' },
  statefulset: { kind: 'StatefulSet', api: 'apps', plural: 'statefulsets' },
  cronjob: { kind: 'CronJob', api: 'batch', plural: 'cronjobs' },
} as const

/** The workload that a step names. Throws INVALID_REQUEST when neither step nor environment gives a namespace. */
export function spotOf({ workload, namespace }: Pick<KubernetesScaleStep, 'workload' | 'namespace'>): Spot {
  const [word = '', name = ''] = workload.split('/')
  const singular = word.replace(/s$/, '') as keyof typeof KINDS
  const { kind, api, plural } = KINDS[singular]
  if (!namespace)
    throw new UnwindError(
      'INVALID_REQUEST',
      `${workload} has no namespace; set one in the step or as the default of the environment`,
    )
  const path = `/apis/${api}/v1/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`
  return { namespace, name, kind, workload: `${singular}/${name}`, resource: `${plural}.${api}`, path }
}

/** Throws TARGET_NOT_FOUND when there is no such workload. */
export async function readWorkload(cluster: Cluster, spot: Spot, signal: AbortSignal): Promise<Workload> {
  const answer = await cluster.demand({ method: 'GET', path: spot.path, signal }, asked('get', spot))
  return read<Workload>(answer).object
}

/** What is asked for, in RBAC's words. */
export function asked(verb: Asked['verb'], { namespace, name, resource }: Spot): Asked {
  return { verb, resource, namespace, name, rights: RIGHTS }
}

/** How many pods it asks for; for a CronJob whether it starts Jobs. */
export function scaleOf({ spec }: Workload, { kind }: Spot): Scale {
  if (kind === 'CronJob') return spec.suspend === true ? 'suspended' : 'scheduled'
  return spec.replicas ?? 1
}

/** What of it means that it does not run. */
export function zeroOf({ kind }: Spot): Scale {
  return kind === 'CronJob' ? 'suspended' : 0
}
