import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { remove } from '../../aws/removing.ts'
import { tagOf } from '../../aws/tags.ts'
import { expanded, runName } from '../../run-names.ts'
import { create } from './create.ts'
import { restorerFor } from './sort.ts'
import type { RdsRestoreStep } from './schema.ts'
import type { RestoreState } from './state.ts'

/** States that pass by themselves, and in which AWS deletes nothing. */
const BUSY: ReadonlySet<string> = new Set(['modifying', 'backing-up', 'rebooting', 'renaming'])

type Outcome = { state: RestoreState } | Again

/** One step onwards: one call that changes something at most. Reads first; an answer that was lost is found by reading. */
export async function apply(
  step: RdsRestoreStep,
  move: Move<RestoreState>,
  context: CallContext<Aws>,
): Promise<Outcome> {
  const { connection, rollbackId, signal } = context
  const to = { ...move.to, candidate: expanded(move.to.candidate, rollbackId) }
  const id = move.from.resourceId
  const family = familyOf(step)
  const found = id ? await family.byId(connection, id, signal) : await family.byName(connection, to.candidate, signal)
  if (!to.exists) return takeBack(step, found, to, context)
  if (!found) return create(step, to, context)
  refuseForeign(found, to, context)
  return complete(step, found, to, context)
}

/** A database of that name which this run did not make is nobody's to use. */
function refuseForeign(found: Held, { candidate }: RestoreState, { rollbackId }: CallContext<Aws>): void {
  if (tagOf(found, TAGS.run) === runName(rollbackId)) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `${candidate} (${found.id}) is there already, and this rollback did not make it; give the step another name`,
  )
}

/** Likened to its source in what the restore call can't set, and whole. */
async function complete(
  step: RdsRestoreStep,
  candidate: Held,
  to: RestoreState,
  context: CallContext<Aws>,
): Promise<Outcome> {
  const { connection, signal } = context
  const source = await familyOf(step).byId(connection, to.source, signal)
  const tags = candidate.TagList.filter(({ Key }) => Key === TAGS.run || Key === TAGS.service)
  const again = await restorerFor(step).complete(source, candidate, tags, context)
  if (again) return again
  const { id: resourceId, address, port = 0 } = candidate
  const restoredTo = tagOf(candidate, TAGS.restoredTo) ?? to.at
  return { state: { ...to, resourceId, identifier: to.candidate, restoredTo, address, port } }
}

/** The way back deletes what this run made, and only as long as nothing is served from it. */
async function takeBack(
  step: RdsRestoreStep,
  found: Held | undefined,
  to: RestoreState,
  context: CallContext<Aws>,
): Promise<Outcome> {
  const { connection, signal } = context
  if (!found) return { state: to }
  const { id, name, status } = found
  const serves = tagOf(found, TAGS.serves)
  if (name !== to.candidate || serves !== undefined)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${name} (${id}) serves ${serves ?? name} now and is not deleted; take the promotion back first`,
    )
  refuseForeign(found, to, context)
  if (status === 'deleting') return { again: connection.poll, doing: `${name} is being deleted` }
  if (BUSY.has(status)) return { again: connection.poll, doing: `${name} is ${status}; waits until it can be deleted` }
  if (found.guarded) {
    await familyOf(step).change(connection, found, { guarded: false }, signal)
    return { again: connection.poll, doing: `takes the protection from ${name}` }
  }
  // What applications have written to it while it stood in the old one's place can be looked up there.
  const last = tagOf(found, TAGS.served) === undefined ? undefined : `${name}-final`
  return remove(found, { last, backups: 'deleted' }, context)
}
