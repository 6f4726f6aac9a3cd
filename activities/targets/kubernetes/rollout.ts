import type { CallContext } from '../../../model/target.ts'
import type { Condition } from '../../kubernetes/objects.ts'
import type { Candidate } from './candidate.ts'
import { waitsForNewPods } from './impact.ts'
import type { Spot, Workload } from './objects.ts'
import { FIELD_MANAGER, ROLLBACK_ID } from './patch.ts'

/** How far a rollout has come, in pods. */
export interface Rollout {
  observed: boolean
  desired: number
  updated: number
  available: number
  total: number
  complete: boolean
  /** Why the controller will leave pods of another template where they are, once it has done all that it does. */
  held?: string
}

/**
 * The predicates of `kubectl rollout status` (kubectl pkg/polymorphichelpers/rollout_status.go), but exact: every pod is
 * of the present template and available, and no other is left, not merely enough of them.
 */
export function rollout(workload: Workload, { kind }: Pick<Spot, 'kind'>): Rollout {
  const { metadata, spec, status } = workload
  const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  const counts = kind === 'DaemonSet' ? ofNodes(workload) : ofReplicas(workload)
  const { desired, updated, available, total } = counts
  const all = observed && updated === desired && total === updated && available === updated
  if (kind === 'Deployment') return { observed, ...counts, complete: all }
  const { type } = spec.updateStrategy ?? {}
  if (type === 'OnDelete')
    return { observed, ...counts, complete: all, ...(observed && updated < desired && { held: ON_DELETE }) }
  if (kind === 'DaemonSet') return { observed, ...counts, complete: all }
  // kubectl stops at the counts; only equal revisions say that the controller has ended the rollout.
  const ended = status?.updateRevision !== undefined && status.updateRevision === status.currentRevision
  return { observed, ...counts, complete: all && ended, ...partitioned(workload, observed) }
}

const ON_DELETE = 'the update strategy OnDelete'

/** A partition holds back all pods below it, once those above have moved. */
function partitioned({ spec, status }: Workload, observed: boolean): Pick<Rollout, 'held'> {
  const { partition = 0 } = spec.updateStrategy?.rollingUpdate ?? {}
  const { desired, updated, available, total } = ofReplicas({ spec, status })
  const moved = observed && total === desired && available === desired && updated >= desired - partition
  return partition > 0 && moved && updated < desired ? { held: `partition ${partition}` } : {}
}

type Counts = Pick<Rollout, 'desired' | 'updated' | 'available' | 'total'>

function ofReplicas({ spec, status }: Pick<Workload, 'spec'> & { status?: Workload['status'] }): Counts {
  return {
    desired: spec.replicas ?? 1,
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    total: status?.replicas ?? 0,
  }
}

/** A DaemonSet counts the nodes that run a pod of it. */
function ofNodes({ status }: Workload): Counts {
  return {
    desired: status?.desiredNumberScheduled ?? 0,
    updated: status?.updatedNumberScheduled ?? 0,
    available: status?.numberAvailable ?? 0,
    total: status?.currentNumberScheduled ?? 0,
  }
}

/**
 * The condition that the controller gave up waiting. It stays from an earlier rollout until the controller sees
 * progress, so one that is not younger than the change says nothing about it. Times have whole seconds. Only of
 * Deployments: the other controllers never give up.
 */
export function deadlineExceeded(workload: Workload, changedAt: number): Condition | undefined {
  const condition = workload.status?.conditions?.find(({ type }) => type === 'Progressing')
  if (condition?.reason !== 'ProgressDeadlineExceeded') return undefined
  const since = Math.floor(changedAt / 1_000) * 1_000
  return Date.parse(condition.lastUpdateTime ?? '') > since ? condition : undefined
}

/**
 * When this rollback wrote, by the API server's own clock: the time that it keeps for our field manager. A rollback that
 * found everything in place has written nothing; then the verification's beginning counts.
 */
export function changedAt({ metadata }: Workload, { rollbackId, since }: CallContext<unknown>): number {
  if (metadata.annotations?.[ROLLBACK_ID] !== rollbackId) return since
  const times = (metadata.managedFields ?? []).flatMap(({ manager, time }) =>
    manager === FIELD_MANAGER && time ? [Date.parse(time)] : [],
  )
  return times.length > 0 ? Math.max(...times) : since
}

/**
 * Why this rollout stands still for good: a ResourceQuota leaves no room for a new pod, and with no old one allowed to be
 * missing none ends to make room. Elsewhere the controller tries again and gets through as old pods end.
 */
export function deadlocked(workload: Workload, { conditions }: Candidate): Condition | undefined {
  const failure = conditions.find(({ type, status: is }) => type === 'ReplicaFailure' && is === 'True')
  return failure?.message?.includes('exceeded quota') && waitsForNewPods(workload) ? failure : undefined
}
