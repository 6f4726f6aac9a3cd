import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { remove } from '../../aws/removing.ts'
import { tagOf } from '../../aws/tags.ts'
import { asideOf, refuseUnfit, successorOf } from './guards.ts'
import type { RdsCleanupStep } from './schema.ts'
import type { CleanupState } from './state.ts'

/** One step onwards: the protection is taken off, then it is deleted; every guard is looked at again before each call. */
export async function apply(
  step: RdsCleanupStep,
  { to }: Move<CleanupState>,
  context: CallContext<Aws>,
): Promise<{ state: CleanupState } | Again> {
  const { connection, signal } = context
  if (to.exists)
    throw new UnwindError('TARGET_REJECTED', `${to.instance} is deleted; restore its snapshot ${to.snapshot} by hand`)
  const family = familyOf(step)
  const found = await family.byId(connection, to.resourceId, signal)
  if (!found) return { state: to }
  const { name, status } = found
  if (status === 'deleting') return { again: connection.poll, doing: `${name} is being deleted` }
  await refuseChanged(step, found, to, context)
  if (status !== 'available')
    return { again: connection.poll, doing: `${name} is ${status}; waits until it is available` }
  if (found.guarded) {
    await family.change(connection, found, { guarded: false }, signal)
    return { again: connection.poll, doing: `takes the protection from ${name}` }
  }
  return remove(found, { last: to.snapshot, backups: 'kept' }, context)
}

/** Whoever has taken it up again, or given it another name, has changed what was agreed to. */
async function refuseChanged(
  step: RdsCleanupStep,
  found: Held,
  to: CleanupState,
  { connection, signal }: CallContext<Aws>,
): Promise<void> {
  const { name } = found
  const same = name === to.instance && asideOf(found)?.mark === to.aside && tagOf(found, TAGS.serves) === undefined
  const successor = same ? await successorOf(step, connection, found, signal) : ''
  if (same && successor === to.successor) return refuseUnfit(step, found)
  throw new UnwindError(
    'PLAN_STALE',
    `${to.instance} (${to.resourceId}) is ${name} now, or has other marks than when it was planned; it is kept. Plan again`,
    { untouched: true },
  )
}
