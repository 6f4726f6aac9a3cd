import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'

/** The candidate that a restore makes. What is known only once it is there stands in the state that `apply` answers. */
export interface RestoreState extends State {
  /** Resource id of the source: it stays the same when the source is renamed. */
  source: string
  candidate: string
  at: string
  /** Hash of the source's settings, which the candidate gets. */
  settings: string
  quarantine: string[]
  exists: boolean
  maxLoss?: string
  resourceId?: string
  identifier?: string
  /** RFC 3339: the moment that the data is from. */
  restoredTo?: string
  address?: string
  port?: number
}

/** A state that an earlier run recorded. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): RestoreState {
  const { source, candidate, at, settings, quarantine, exists } = state
  const texts = [source, candidate, at, settings].every((text) => typeof text === 'string')
  if (texts && Array.isArray(quarantine) && typeof exists === 'boolean') return state as RestoreState
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of an RDS restore')
}
