import type { Again, CallContext, Change } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import type { Candidate } from './candidate.ts'
import { readKept } from './kept.ts'
import type { Spot, Workload } from './objects.ts'
import { readWorkloadPods } from './pods.ts'
import { type WorkloadState } from './state.ts'
import { deletePod, isOrdered, type Stuck, stuckPods } from './stuck.ts'

const LOOK = 500

/**
 * Forced rollback of an ordered StatefulSet, at its target already: deletes, one at a time, the pods that its controller
 * would wait for for ever. Answers what it did or waits for, undefined when nothing is in the way. Not before the
 * controller has seen the template: it would make the successor from the one that was left.
 */
export async function unstick(
  workload: Workload,
  spot: Spot,
  to: WorkloadState,
  now: number,
  { connection, signal }: CallContext<Cluster>,
): Promise<Again | undefined> {
  if (!isOrdered(workload, spot)) return undefined
  const target = await readKept(connection, workload, spot, to, signal)
  if (!target) return undefined
  const stuck = await find(workload, spot, target, now, { connection, signal })
  const [first] = stuck.filter(({ certain }) => certain)
  if (stuck.length === 0) return undefined
  const { metadata, status } = workload
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0) || status?.updateRevision !== target.name)
    return { again: LOOK, doing: 'the StatefulSet controller has not seen the template yet' }
  if (!first)
    return { again: LOOK, doing: `pod ${stuck[0]?.pod.metadata.name} is not ready; it may become so by itself` }
  const { name } = first.pod.metadata
  const outcome = await deletePod(connection, first.pod, spot, { signal })
  return {
    again: LOOK,
    doing:
      outcome === 'deleted'
        ? `deleted pod ${name}, which held the rollout up (${first.reason})`
        : `pod ${name} is gone`,
  }
}

/** Before anything changes: throws TARGET_FORBIDDEN or TARGET_REJECTED where the pods that are stuck now may not be deleted. */
export async function mayUnstick(
  workload: Workload,
  spot: Spot,
  target: Candidate,
  now: number,
  { connection, signal }: CallContext<Cluster>,
): Promise<void> {
  if (!isOrdered(workload, spot)) return
  const [first] = await find(workload, spot, target, now, { connection, signal })
  if (first) await deletePod(connection, first.pod, spot, { signal, dryRun: true })
}

/** What the plan says of pods that would hold the rollout up. */
export async function plannedDeletions(
  workload: Workload,
  spot: Spot,
  target: Candidate,
  { connection, signal }: CallContext<Cluster>,
): Promise<Change[]> {
  if (!isOrdered(workload, spot)) return []
  // Whoever is not ready now may have become so until then; apply looks again, and deletes only what is in the way.
  const stuck = await find(workload, spot, target, Date.now(), { connection, signal })
  return stuck.map(({ pod }) => ({
    path: `pod ${pod.metadata.name}`,
    from: 'not ready, of another template',
    to: 'deleted once the template is back: an ordered StatefulSet would wait for it for ever',
  }))
}

async function find(
  workload: Workload,
  spot: Spot,
  target: Candidate,
  now: number,
  { connection, signal }: Pick<CallContext<Cluster>, 'connection' | 'signal'>,
): Promise<Stuck[]> {
  const pods = await readWorkloadPods(connection, workload, spot, signal)
  return stuckPods(workload, spot, pods, target, now)
}
