import type { Cluster } from '../../kubernetes/connect.ts'
import type { Asked } from '../../kubernetes/faults.ts'
import { type Condition, type Metadata, read, type Selector } from '../../kubernetes/objects.ts'
import * as workloads from '../../kubernetes/workloads.ts'
import type { KubernetesScaleStep } from './schema.ts'
import type { Scale } from './state.ts'

/** The parts of a Deployment, a StatefulSet, a CronJob or a Job that say whether it runs. The rest is never written. */
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
    /** Of a CronJob the Jobs that still run, of a Job how many pods do. */
    active?: { name?: string }[] | number
    conditions?: Condition[]
  }
}

/** A workload whose scale a step can change. */
export type Spot = workloads.Spot<'Deployment' | 'StatefulSet' | 'CronJob' | 'Job'>

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

/** Whether it is suspended rather than scaled. */
export function isSuspended({ kind }: Spot): boolean {
  return kind === 'CronJob' || kind === 'Job'
}

/** Whether a Job has ended, well or not: it never runs again, whatever is set. */
export function hasEnded({ status }: Workload, { kind }: Spot): boolean {
  const ended = ({ type, status: is }: Condition) => (type === 'Complete' || type === 'Failed') && is === 'True'
  return kind === 'Job' && (status?.conditions ?? []).some(ended)
}

/** How many pods it asks for; for a CronJob or a Job whether it starts any. */
export function scaleOf({ spec }: Workload, spot: Spot): Scale {
  if (isSuspended(spot)) return spec.suspend === true ? 'suspended' : 'scheduled'
  return spec.replicas ?? 1
}

/** What of it means that it does not run. */
export function zeroOf(spot: Spot): Scale {
  return isSuspended(spot) ? 'suspended' : 0
}
