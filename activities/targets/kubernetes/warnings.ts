import type { Warning } from '../../../model/target.ts'
import { type Candidate, leftBehind } from './candidate.ts'
import type { Spot, Workload } from './objects.ts'

/** A revision that somebody rolled back from once was bad then. */
export function leftWarnings(
  workload: Pick<Workload, 'metadata'>,
  all: readonly Candidate[],
  candidate: Candidate,
): Warning[] {
  if (!leftBehind(workload, all).has(candidate.name)) return []
  const message = `an earlier rollback left revision ${candidate.revision} (${candidate.name}); it may be bad as well`
  return [{ code: 'ROLLED_BACK_BEFORE', message, confirm: true }]
}

/** kubernetes/kubernetes#137064: kubectl itself warns of this since 1.36. */
export function clientSideApply({ metadata }: Pick<Workload, 'metadata'>): Warning[] {
  if (!metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration']) return []
  const message =
    'made with client-side kubectl apply, which does not learn of a rollback: the next apply can bring removed fields back; use kubectl apply --server-side'
  return [{ code: 'CLIENT_SIDE_APPLY', message }]
}

/**
 * With nothing to be kept the controller deletes what is left as soon as no pod of it runs, so there is no way back.
 * undefined where it keeps what is left.
 */
export function notKept(
  { spec }: { spec: Pick<Workload['spec'], 'revisionHistoryLimit'> },
  { workload }: Pick<Spot, 'workload'>,
): string | undefined {
  if (spec.revisionHistoryLimit !== 0) return undefined
  return `revisionHistoryLimit of ${workload} is 0: what is left now is deleted as soon as no pod of it runs, so nothing can bring it back`
}

/** Pods that the update strategy leaves where they are: the rollback is not whole before somebody has seen to them. */
export function strategyWarnings({ spec, status }: Workload, { name }: Candidate, { workload }: Spot): Warning[] {
  const { type, rollingUpdate } = spec.updateStrategy ?? {}
  if (type === 'OnDelete') {
    const message = `the update strategy of ${workload} is OnDelete: no pod moves before somebody deletes it; verify says which ones are left`
    return [{ code: 'ON_DELETE', message, confirm: true }]
  }
  const { partition = 0 } = rollingUpdate ?? {}
  if (partition === 0 || status?.currentRevision === name) return []
  const message = `partition ${partition} of ${workload}: only pods with an ordinal of ${partition} and above move, those below stay at ${status?.currentRevision ?? 'what they run'}; set the partition to 0 for a whole rollback`
  return [{ code: 'PARTITIONED', message, confirm: true }]
}
