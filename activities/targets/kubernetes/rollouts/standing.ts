import type { RolloutRevision } from './revisions.ts'
import { isPromoted, type Sight } from './rollout.ts'
import type { RolloutState } from './state.ts'

/** Where a Rollout is when a plan begins. */
export interface Standing {
  sight: Sight
  all: readonly RolloutRevision[]
  /** undefined where the controller refuses the spec. */
  current: RolloutRevision | undefined
  from: RolloutState
  aborted: boolean
}

/** The revision that serves while an update is in progress; undefined where none is. */
export function stableBeside({ sight: { rollout }, all, current }: Standing): RolloutRevision | undefined {
  if (isPromoted(rollout)) return undefined
  const stable = all.find(({ hash }) => hash !== '' && hash === rollout.status?.stableRS)
  return stable === current ? undefined : stable
}

/** A revision as plans name it. */
export function label({ revision, images }: Pick<RolloutRevision, 'revision' | 'images'>): string {
  return `revision ${revision} (${images.join(', ')})`
}
