import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { nameOf } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { tagOf } from '../../aws/tags.ts'
import type { RdsPromoteStep } from './schema.ts'

/**
 * Seconds of writes that are lost: from the moment that the candidate's data is from to the fence, or to the rename of
 * the old one where the fence tells no time. Undefined for a database that nobody restored here. Throws
 * TARGET_REJECTED when it is more than the step allows.
 */
export function lossOf(step: RdsPromoteStep, candidate: Held, renamedAt?: string): number | undefined {
  const { maxLoss } = step
  const restored = tagOf(candidate, TAGS.restoredTo)
  const fencedAt = typeof step.fencedAt === 'string' ? step.fencedAt : renamedAt
  if (fencedAt === undefined || restored === undefined) return undefined
  const lost = Math.max(0, (Date.parse(fencedAt) - Date.parse(restored)) / 1_000)
  if (maxLoss !== undefined && lost * 1_000 > milliseconds(maxLoss))
    throw new UnwindError(
      'TARGET_REJECTED',
      `promoting would lose ${lost} s of writes to ${nameOf(step)} (restored to ${restored}, fenced at ${fencedAt}), more than ${maxLoss}; take back, or restore to a later moment`,
      { untouched: true },
    )
  return lost
}
