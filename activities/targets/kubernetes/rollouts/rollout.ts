import { UnwindError } from '../../../../model/errors.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import type { Condition, Metadata, Selector } from '../../../kubernetes/objects.ts'
import * as workloads from '../../../kubernetes/workloads.ts'
import { readWorkload, type Template, type Workload } from '../objects.ts'
import type { ArgoRolloutsStep } from './schema.ts'

/** The manifest with the rights of this kind. */
export const RIGHTS = 'docs/rbac/argo-rollouts/operator.yaml'

/** The parts of a Rollout that are read. https://argo-rollouts.readthedocs.io/en/stable/features/specification */
export interface Rollout {
  metadata: Metadata
  spec: {
    replicas?: number
    paused?: boolean
    selector?: Selector
    template?: Template
    workloadRef?: { kind?: string; name?: string }
    revisionHistoryLimit?: number
    progressDeadlineSeconds?: number
    rollbackWindow?: { revisions?: number }
    strategy?: { canary?: Canary; blueGreen?: BlueGreen }
  }
  status?: Status
}

interface Canary {
  steps?: CanaryStep[]
  trafficRouting?: object
  dynamicStableScale?: boolean
}

export interface CanaryStep {
  pause?: { duration?: number | string }
  setWeight?: number
  analysis?: object
}

interface BlueGreen {
  autoPromotionEnabled?: boolean
  autoPromotionSeconds?: number
  prePromotionAnalysis?: object
  postPromotionAnalysis?: object
}

export interface AnalysisStatus {
  name?: string
  status?: string
  message?: string
}

interface Status {
  phase?: string
  message?: string
  abort?: boolean
  abortedAt?: string
  promoteFull?: boolean
  controllerPause?: boolean
  pauseConditions?: { reason: string; startTime?: string }[] | null
  /** A number, but written as text. */
  observedGeneration?: string
  workloadObservedGeneration?: string
  currentPodHash?: string
  stableRS?: string
  currentStepIndex?: number
  availableReplicas?: number
  conditions?: Condition[]
  canary?: {
    currentStepAnalysisRunStatus?: AnalysisStatus
    currentBackgroundAnalysisRunStatus?: AnalysisStatus
    weights?: { canary?: { weight?: number } }
  }
  blueGreen?: {
    activeSelector?: string
    prePromotionAnalysisRunStatus?: AnalysisStatus
    postPromotionAnalysisRunStatus?: AnalysisStatus
  }
}

/** A place in the API, and the manifest with the rights to it. */
export type Spot<Kind extends workloads.WorkloadKind> = workloads.Spot<Kind> & { rights: string }

/** The Rollout, and the Deployment that it takes its template from where it refers to one. */
export interface Sight {
  spot: Spot<'Rollout'>
  rollout: Rollout
  deployment?: { spot: Spot<'Deployment'>; object: Workload }
  /** The API server's clock. */
  now: number
}

/** The Rollout that a step names. Throws INVALID_REQUEST when neither step nor environment gives a namespace. */
export function spotOf({ rollout, namespace }: Pick<ArgoRolloutsStep, 'rollout' | 'namespace'>): Spot<'Rollout'> {
  return { ...workloads.spotOf<'Rollout'>({ workload: `rollout/${rollout}`, namespace }), rights: RIGHTS }
}

/**
 * Throws TARGET_NOT_FOUND when there is no such Rollout, TARGET_REJECTED when it refers to something else than a Deployment.
 */
export async function look(cluster: Cluster, spot: Spot<'Rollout'>, signal: AbortSignal): Promise<Sight> {
  const { object, date: now } = await readWorkload(cluster, spot, signal)
  const rollout = object as unknown as Rollout
  const { workloadRef } = rollout.spec
  if (!workloadRef) return { spot, rollout, now }
  const { kind, name = '' } = workloadRef
  if (kind !== 'Deployment')
    throw new UnwindError(
      'TARGET_REJECTED',
      `${spot.workload} in ${spot.namespace} takes its pod template from a ${kind}, which Unwind does not write; refer to a Deployment, or change the ${kind} by hand`,
    )
  const place = workloads.spotOf<'Deployment'>({ workload: `deployment/${name}`, namespace: spot.namespace })
  const referred = { ...place, rights: RIGHTS }
  const read = await readWorkload(cluster, referred, signal)
  return { spot, rollout, deployment: { spot: referred, object: read.object }, now }
}

/** The object that holds the pod template, and where. */
export function holderOf({ spot, rollout, deployment }: Sight): { spot: workloads.Spot; object: Workload } {
  return deployment ?? { spot, object: rollout as unknown as Workload }
}

const WORKLOAD_GENERATION = 'rollout.argoproj.io/workload-generation'

/**
 * Whether the status is about the present template (utils/rollout GetRolloutPhase): until then everything that it says,
 * the hash of the present revision among it, is about an earlier one.
 */
export function isObserved({ rollout, deployment }: Sight): boolean {
  const { metadata, status = {} } = rollout
  if (Number(status.observedGeneration) !== metadata.generation) return false
  if (!deployment) return true
  const noted = metadata.annotations?.[WORKLOAD_GENERATION]
  return noted === String(deployment.object.metadata.generation) && noted === status.workloadObservedGeneration
}

/** Why the controller refuses the spec; its status then still tells of the one before. */
export function invalidity({ status }: Rollout): string | undefined {
  const found = status?.conditions?.find(({ type, status: is }) => type === 'InvalidSpec' && is === 'True')
  return found && (found.message ?? 'InvalidSpec')
}

/** The hash that names the present revision; undefined while the controller has not told. */
export function presentHash(sight: Sight): string | undefined {
  if (!isObserved(sight) || invalidity(sight.rollout) !== undefined) return undefined
  return sight.rollout.status?.currentPodHash
}

/** Whether the present revision is the stable one: nothing is in progress. */
export function isPromoted({ status = {} }: Rollout): boolean {
  return status.stableRS !== undefined && status.stableRS === status.currentPodHash
}
