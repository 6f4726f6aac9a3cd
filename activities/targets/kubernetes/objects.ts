import type { Cluster } from '../../kubernetes/connect.ts'
import type { Asked } from '../../kubernetes/faults.ts'
import { type Condition, type Metadata, type Read, read, type Selector } from '../../kubernetes/objects.ts'
import * as workloads from '../../kubernetes/workloads.ts'
import type { KubernetesStep } from './schema.ts'

/** What is read here of workloads. Everything else passes through untouched as raw JSON. */
export interface Template {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> } & Record<string, unknown>
  spec?: { containers?: Container[]; initContainers?: Container[]; volumes?: unknown[] } & Record<string, unknown>
}

interface Container {
  name: string
  image?: string
}

/** A number of pods, or a share of all of them: "25%". */
export type Amount = number | string

/** A Deployment, a StatefulSet or a DaemonSet: what they share, and what only some of them have. */
export interface Workload {
  metadata: Metadata
  spec: {
    selector: Selector
    template: Template
    revisionHistoryLimit?: number
    /** Not of a DaemonSet: its nodes count. */
    replicas?: number
    /** Of a Deployment. */
    paused?: boolean
    progressDeadlineSeconds?: number
    strategy?: { type?: string; rollingUpdate?: { maxUnavailable?: Amount; maxSurge?: Amount } }
    /** Of a StatefulSet and a DaemonSet. */
    updateStrategy?: {
      type?: string
      rollingUpdate?: { partition?: number; maxUnavailable?: Amount; maxSurge?: Amount }
    }
    /** Of a StatefulSet. */
    podManagementPolicy?: string
    ordinals?: { start?: number }
  }
  status?: Status
}

interface Status {
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  conditions?: Condition[]
  /** Of a StatefulSet: names of ControllerRevisions. */
  currentRevision?: string
  updateRevision?: string
  /** Of a DaemonSet: nodes. */
  desiredNumberScheduled?: number
  currentNumberScheduled?: number
  updatedNumberScheduled?: number
  numberAvailable?: number
}

/** A workload that keeps its earlier templates. */
export type Spot = workloads.Spot<'Deployment' | 'StatefulSet' | 'DaemonSet'>

/** The workload that a step names. Throws INVALID_REQUEST when neither step nor environment gives a namespace. */
export function spotOf(step: Pick<KubernetesStep, 'workload' | 'namespace'>): Spot {
  return workloads.spotOf(step)
}

/** What a workload is called in a lock, in the cluster of this identity. */
export function objectOf(cluster: string, { namespace, workload }: workloads.Spot): string {
  return `kubernetes/${cluster}/${namespace}/${workload}`
}

/** Throws TARGET_NOT_FOUND when there is no such workload. */
export async function readWorkload(
  cluster: Cluster,
  spot: workloads.Spot,
  signal: AbortSignal,
): Promise<Read<Workload>> {
  return read(await cluster.demand({ method: 'GET', path: spot.path, signal }, asked('get', spot)))
}

/** What is asked for, in RBAC's words. */
export function asked(verb: Asked['verb'], { namespace, name, resource, rights }: workloads.Spot): Asked {
  return { verb, resource, namespace, name, ...(rights && { rights }) }
}
