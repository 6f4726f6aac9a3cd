import { UnwindError } from '../../../model/errors.ts'
import type { Reference } from '../../../model/reference.ts'
import type { State } from '../../../model/target.ts'

/** Which instance has the name, and which one is kept beside it; both by resource id, which no rename changes. */
export interface PromotionState extends State {
  name: string
  serving: string
  standby: string
  /** Which of the two the promotion puts in: taken back, it gets its own name again. */
  candidate: string
  /** Seconds of writes between the restored moment and the fence. */
  lossSeconds?: number
}

/** The same in a plan: the candidate may not be there yet. */
export interface PlannedPromotion extends State {
  name: string
  serving: string | Reference
  standby: string | Reference
  candidate: string | Reference
}

/** A state that an earlier run recorded. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState({ name, serving, standby, candidate }: State): PromotionState {
  const texts = typeof name === 'string' && typeof serving === 'string' && typeof standby === 'string'
  if (texts && typeof candidate === 'string') return { name, serving, standby, candidate }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of an RDS promotion')
}
