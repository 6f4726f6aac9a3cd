import type { CallContext } from '../../../model/target.ts'
import type { Condition } from '../../kubernetes/objects.ts'
import { waitsForNewPods } from './impact.ts'
import type { Deployment, ReplicaSet } from './objects.ts'
import { FIELD_MANAGER, ROLLBACK_ID } from './patch.ts'

/** How far a rollout has come, in pods. */
export interface Rollout {
  observed: boolean
  desired: number
  updated: number
  available: number
  total: number
  complete: boolean
}

/**
 * The predicate of `kubectl rollout status` (kubectl pkg/polymorphichelpers/rollout_status.go), but exact: every pod is
 * of the present template and available, and no other is left, not merely enough of them.
 */
export function rollout({ metadata, spec, status }: Deployment): Rollout {
  const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  const desired = spec.replicas ?? 1
  const updated = status?.updatedReplicas ?? 0
  const available = status?.availableReplicas ?? 0
  const total = status?.replicas ?? 0
  const complete = observed && updated === desired && total === updated && available === updated
  return { observed, desired, updated, available, total, complete }
}

/**
 * The condition that the controller gave up waiting. It stays from an earlier rollout until the controller sees
 * progress, so one that is not younger than the change says nothing about it. Times have whole seconds.
 */
export function deadlineExceeded(deployment: Deployment, changedAt: number): Condition | undefined {
  const condition = deployment.status?.conditions?.find(({ type }) => type === 'Progressing')
  if (condition?.reason !== 'ProgressDeadlineExceeded') return undefined
  const since = Math.floor(changedAt / 1_000) * 1_000
  return Date.parse(condition.lastUpdateTime ?? '') > since ? condition : undefined
}

/**
 * When this rollback wrote, by the API server's own clock: the time that it keeps for our field manager. A rollback that
 * found everything in place has written nothing; then the verification's beginning counts.
 */
export function changedAt({ metadata }: Deployment, { rollbackId, since }: CallContext<unknown>): number {
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
export function deadlocked(deployment: Deployment, { status }: ReplicaSet): Condition | undefined {
  const failure = status?.conditions?.find(({ type, status: is }) => type === 'ReplicaFailure' && is === 'True')
  return failure?.message?.includes('exceeded quota') && waitsForNewPods(deployment) ? failure : undefined
}
