import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'

/** Of which database, under which name; `kept` once it was taken and while its run stands. */
export interface SnapshotState extends State {
  resourceId: string
  snapshot: string
  kept: boolean
}

/** A state that an earlier run recorded. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState({ resourceId, snapshot, kept }: State): SnapshotState {
  if (typeof resourceId === 'string' && typeof snapshot === 'string' && typeof kept === 'boolean')
    return { resourceId, snapshot, kept }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of an RDS snapshot')
}
