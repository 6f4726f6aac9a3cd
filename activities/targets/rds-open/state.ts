import { UnwindError } from '../../../model/errors.ts'
import type { Reference } from '../../../model/reference.ts'
import type { State } from '../../../model/target.ts'

/** Whether applications may write to what a promotion has put in place. */
export interface OpenState extends State {
  name: string
  /** Resource id of what serves. */
  serving: string
  open: boolean
  /** RFC 3339: since when; known once it is open. */
  openedAt?: string
}

/** The same in a plan: what serves may not be there yet. */
export interface PlannedOpen extends State {
  name: string
  serving: string | Reference
  open: boolean
}

/** A state that an earlier run recorded. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState({ name, serving, open }: State): OpenState {
  if (typeof name === 'string' && typeof serving === 'string' && typeof open === 'boolean')
    return { name, serving, open }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of an opening')
}
