import type { DBInstance } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { byId } from '../../aws/instances.ts'
import type { PromotionState } from './state.ts'

/** The two that change places. */
export interface Pair {
  leaving: DBInstance
  coming: DBInstance
}

/** Reads both. Throws TARGET_NOT_FOUND where one of them is gone. */
export async function pairOf(
  { from, to }: Move<PromotionState>,
  { connection, signal }: Pick<CallContext<Aws>, 'connection' | 'signal'>,
): Promise<Pair> {
  const [leaving, coming] = await Promise.all([
    byId(connection, from.serving, signal),
    byId(connection, to.serving, signal),
  ])
  if (leaving && coming) return { leaving, coming }
  const gone = leaving ? to.serving : from.serving
  throw new UnwindError('TARGET_NOT_FOUND', `instance ${gone} is not there any more; both are needed to change places`)
}
