import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import { TAGS } from '../../aws/names.ts'
import { tag, tagOf, untag } from '../../aws/tags.ts'
import type { Snapshot } from '../../aws/snapshots/snapshots.ts'
import { snapshotsFor } from '../../aws/snapshots/sort.ts'
import { expanded, runName } from '../../run-names.ts'
import type { RdsSnapshotStep } from './schema.ts'
import { type SnapshotState } from './state.ts'

/** One step onwards: takes the snapshot, waits until it is there; the way back keeps it and marks it, or in a drill deletes it. */
export async function apply(
  step: RdsSnapshotStep,
  { to }: Move<SnapshotState>,
  context: CallContext<Aws>,
): Promise<{ state: SnapshotState } | Again> {
  const { connection, rollbackId, signal } = context
  const state = { ...to, snapshot: expanded(to.snapshot, rollbackId) }
  const found = await snapshotsFor(step).read(connection, state.snapshot, signal)
  if (!found) return to.kept ? take(step, state, context) : { state }
  refuseForeign(found, state, context)
  const { status, percent, arn } = found
  const name = `snapshot ${state.snapshot}`
  if (!to.kept && context.drill && status !== 'creating') return remove(step, found, context)
  if (status === 'failed')
    throw new UnwindError('TARGET_REJECTED', `${name} failed; delete it, see the events in RDS, then retry`)
  if (status !== 'available') return { again: connection.poll, doing: `${name} is ${status} (${percent} %)` }
  const released = tagOf(found, TAGS.released) !== undefined
  if (released && to.kept) await untag(connection, arn, [TAGS.released], signal)
  if (!released && !to.kept) await tag(connection, arn, { [TAGS.released]: runName(rollbackId) }, signal)
  return { state }
}

async function take(step: RdsSnapshotStep, state: SnapshotState, context: CallContext<Aws>): Promise<Again> {
  const { connection, rollbackId, service, signal } = context
  const source = await familyOf(step).byName(connection, nameOf(step), signal)
  if (source?.id !== state.resourceId) throw stale(step, state, source?.id)
  if (source.status !== 'available')
    return { again: connection.poll, doing: `${source.name} is ${source.status}; waits until it is available` }
  const tags = [
    { Key: TAGS.run, Value: runName(rollbackId) },
    { Key: TAGS.service, Value: service },
  ]
  const code = await snapshotsFor(step).take(connection, source.name, state.snapshot, tags, signal)
  const doing = code ? `AWS says ${code}; looks again` : `snapshot ${state.snapshot} is being made`
  return { again: connection.poll, doing }
}

/** What a drill has taken, and nothing else: nobody was told of it, and it would be paid for until somebody finds it. */
async function remove(step: RdsSnapshotStep, found: Snapshot, context: CallContext<Aws>): Promise<Again> {
  const { connection, rollbackId, signal } = context
  const { name } = found
  if (tagOf(found, TAGS.run) !== runName(rollbackId))
    throw new UnwindError('TARGET_REJECTED', `snapshot ${name} was not taken by this drill, so it is not deleted`)
  const code = await snapshotsFor(step).remove(connection, name, signal)
  return { again: connection.poll, doing: code ? `AWS says ${code}; looks again` : `deletes ${name}` }
}

/** The name leads to another database than was planned. */
function stale(step: RdsSnapshotStep, { resourceId }: SnapshotState, now: string | undefined): UnwindError {
  const message = `${nameOf(step)} is ${now ?? 'gone'} now, and the plan was made for ${resourceId}. Plan again`
  return new UnwindError('PLAN_STALE', message, { untouched: true })
}

/** A snapshot of that name which this run did not take must not be counted as taken. */
function refuseForeign(found: Snapshot, state: SnapshotState, { rollbackId }: CallContext<Aws>): void {
  const ours = found.of === state.resourceId
  if (ours && (tagOf(found, TAGS.run) === runName(rollbackId) || !state.kept)) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `a snapshot ${state.snapshot} is there already, and this rollback did not take it; give the step another name`,
  )
}
