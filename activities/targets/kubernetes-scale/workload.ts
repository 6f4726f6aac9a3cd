import type { Cluster } from '../../kubernetes/connect.ts'
import type { Asked } from '../../kubernetes/faults.ts'
import { type Metadata, read, type Selector } from '../../kubernetes/objects.ts'
import * as workloads from '../../kubernetes/workloads.ts'
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

/** A workload whose scale a step can change. */
export type Spot = workloads.Spot<'Deployment' | 'StatefulSet' | 'CronJob'>

/** The manifest with the rights of this kind. */
export const RIGHTS = 'docs/rbac/kubernetes-scale/operator.yaml'

/** The workload that a step names. Throws INVALID_REQUEST when neither step nor environment gives a namespace. */
export function spotOf(step: Pick<KubernetesScaleStep, 'workload' | 'namespace'>): Spot {
  return workloads.spotOf(step)
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
