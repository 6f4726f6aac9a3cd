import type { Warning } from '../../../../model/target.ts'
import type { RolloutRevision } from './revisions.ts'
import type { ArgoRolloutsStep } from './schema.ts'
import { label, type Standing } from './standing.ts'
import { hasSteps, waitsForPeople } from './steps.ts'

/** By which way a revision becomes stable again, as far as people should know. */
export interface Way {
  warnings: Warning[]
  impact: string[]
}

/**
 * Where the controller skips steps and analysis by itself, and where it does not (rollout/canary.go, rollout/bluegreen.go):
 * the stable revision, one within the rollback window, and one that blue-green still runs go back at once.
 */
export function wayThere(step: ArgoRolloutsStep, here: Standing, candidate: RolloutRevision): Way {
  const { sight, current, aborted } = here
  const { rollout, spot } = sight
  const stable = candidate.hash === rollout.status?.stableRS
  const quick = stable ? 'it is the stable one' : (withinWindow(here, candidate) ?? stillRuns(here, candidate))
  const standing =
    current && aborted ? [`the update to ${label(current)} is aborted; its template goes away with this`] : []
  const pods = starting(here, candidate)
  if (quick)
    return {
      warnings: [],
      impact: [...standing, `${label(candidate)} needs no steps and no analysis: ${quick}`, ...pods],
    }
  if (step.promote === 'full') {
    const message = `${spot.workload} goes back without its steps, pauses and analysis (promote: full)`
    return { warnings: [{ code: 'ANALYSIS_SKIPPED', message }], impact: [...standing, ...pods] }
  }
  return { warnings: slowWarnings(here), impact: [...standing, ...pods] }
}

function slowWarnings({ sight: { rollout, spot } }: Standing): Warning[] {
  if (waitsForPeople(rollout)) {
    const message = `the way back of ${spot.workload} pauses until somebody promotes it, like any of its updates; set promote: full to go back at once`
    return [{ code: 'NEEDS_PROMOTION', message, confirm: true }]
  }
  if (!hasSteps(rollout)) return []
  const message = `${spot.workload} goes back by its steps, pauses and analysis, like any of its updates; set promote: full to go back at once`
  return [{ code: 'STEPS_AGAIN', message }]
}

/** The same count as the controller's: revisions that were made between the two (rollout/sync.go isRollbackWithinWindow). */
function withinWindow({ sight: { rollout }, all }: Standing, candidate: RolloutRevision): string | undefined {
  const { revisions = 0 } = rollout.spec.rollbackWindow ?? {}
  const stable = all.find(({ hash }) => hash === rollout.status?.stableRS)
  const [from = '', to = ''] = [candidate.createdAt, stable?.createdAt]
  if (revisions === 0 || from >= to) return undefined
  const between = all.filter(({ createdAt = '' }) => createdAt > from && createdAt < to)
  return between.length < revisions ? `it is within the rollback window of ${revisions} revisions` : undefined
}

function stillRuns({ sight: { rollout } }: Standing, candidate: RolloutRevision): string | undefined {
  const { available = 0, runsUntil } = candidate
  if (!rollout.spec.strategy?.blueGreen || runsUntil === undefined || available < (rollout.spec.replicas ?? 1))
    return undefined
  return `all its pods still run, until ${runsUntil}`
}

/** Pods that have to start first: what was scaled down is not back in an instant. */
function starting({ sight: { rollout } }: Standing, { available = 0 }: RolloutRevision): string[] {
  const missing = (rollout.spec.replicas ?? 1) - available
  if (missing <= 0) return []
  const until = rollout.spec.strategy?.blueGreen ? '; the active service switches once they are ready' : ''
  return [`${missing} pods of it have to start first${until}`]
}
