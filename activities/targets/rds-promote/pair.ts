import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import type { Named } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import type { PromotionState } from './state.ts'

/** The two that change places. */
export interface Pair {
  leaving: Held
  coming: Held
}

/** Reads both. Throws TARGET_NOT_FOUND where one of them is gone. */
export async function pairOf(
  step: Named,
  { from, to }: Move<PromotionState>,
  { connection, signal }: Pick<CallContext<Aws>, 'connection' | 'signal'>,
): Promise<Pair> {
  const family = familyOf(step)
  const [leaving, coming] = await Promise.all([
    family.byId(connection, from.serving, signal),
    family.byId(connection, to.serving, signal),
  ])
  if (leaving && coming) return { leaving, coming }
  const gone = leaving ? to.serving : from.serving
  throw new UnwindError(
    'TARGET_NOT_FOUND',
    `${family.word} ${gone} is not there any more; both are needed to change places`,
  )
}
