import { CreateDBSnapshotCommand, type DBSnapshot, DeleteDBSnapshotCommand } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import { byName, tag, tagOf, untag } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { expanded, runName } from '../../run-names.ts'
import type { RdsSnapshotStep } from './schema.ts'
import { readSnapshot, type SnapshotState } from './snapshots.ts'

/** One step onwards: takes the snapshot, waits until it is there; the way back keeps it and marks it, or in a drill deletes it. */
export async function apply(
  step: RdsSnapshotStep,
  { to }: Move<SnapshotState>,
  context: CallContext<Aws>,
): Promise<{ state: SnapshotState } | Again> {
  const { connection, rollbackId, signal } = context
  const state = { ...to, snapshot: expanded(to.snapshot, rollbackId) }
  const found = await readSnapshot(connection, state.snapshot, signal)
  if (!found) return to.kept ? take(step, state, context) : { state }
  refuseForeign(found, state, context)
  const { Status = '', PercentProgress = 0, DBSnapshotArn } = found
  const name = `snapshot ${state.snapshot}`
  if (!to.kept && context.drill && Status !== 'creating') return remove(found, state, context)
  if (Status === 'failed')
    throw new UnwindError('TARGET_REJECTED', `${name} failed; delete it, see the events in RDS, then retry`)
  if (Status !== 'available') return { again: connection.poll, doing: `${name} is ${Status} (${PercentProgress} %)` }
  const released = tagOf(found, TAGS.released) !== undefined
  if (released && to.kept) await untag(connection, DBSnapshotArn, [TAGS.released], signal)
  if (!released && !to.kept) await tag(connection, DBSnapshotArn, { [TAGS.released]: runName(rollbackId) }, signal)
  return { state }
}

async function take(step: RdsSnapshotStep, state: SnapshotState, context: CallContext<Aws>): Promise<Again> {
  const { connection, rollbackId, service, signal } = context
  const source = await byName(connection, step.instance.toLowerCase(), signal)
  if (source?.DbiResourceId !== state.resourceId) throw stale(step, state, source?.DbiResourceId)
  if (source.DBInstanceStatus !== 'available')
    return {
      again: connection.poll,
      doing: `${step.instance} is ${source.DBInstanceStatus}; waits until it is available`,
    }
  const command = new CreateDBSnapshotCommand({
    DBInstanceIdentifier: source.DBInstanceIdentifier,
    DBSnapshotIdentifier: state.snapshot,
    Tags: [
      { Key: TAGS.run, Value: runName(rollbackId) },
      { Key: TAGS.service, Value: service },
    ],
  })
  const answer = await ask(
    { action: 'rds:CreateDBSnapshot', of: state.snapshot },
    () => connection.rds.send(command, { abortSignal: signal }),
    ...(['DBSnapshotAlreadyExists', 'InvalidDBInstanceState'] as const),
  )
  const doing = isCode(answer) ? `AWS says ${answer.code}; looks again` : `snapshot ${state.snapshot} is being made`
  return { again: connection.poll, doing }
}

/** What a drill has taken, and nothing else: nobody was told of it, and it would be paid for until somebody finds it. */
async function remove(found: DBSnapshot, state: SnapshotState, context: CallContext<Aws>): Promise<Again> {
  const { connection, rollbackId, signal } = context
  const { DBSnapshotIdentifier: name = '' } = found
  if (tagOf(found, TAGS.run) !== runName(rollbackId))
    throw new UnwindError('TARGET_REJECTED', `snapshot ${name} was not taken by this drill, so it is not deleted`)
  const command = new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: state.snapshot })
  const answer = await ask(
    { action: 'rds:DeleteDBSnapshot', of: name },
    () => connection.rds.send(command, { abortSignal: signal }),
    ...(['DBSnapshotNotFound', 'InvalidDBSnapshotState'] as const),
  )
  return { again: connection.poll, doing: isCode(answer) ? `AWS says ${answer.code}; looks again` : `deletes ${name}` }
}

/** The name leads to another instance than was planned. */
function stale({ instance }: RdsSnapshotStep, { resourceId }: SnapshotState, now: string | undefined): UnwindError {
  const message = `${instance} is ${now ?? 'gone'} now, and the plan was made for ${resourceId}. Plan again`
  return new UnwindError('PLAN_STALE', message, { untouched: true })
}

/** A snapshot of that name which this run did not take must not be counted as taken. */
function refuseForeign(found: DBSnapshot, state: SnapshotState, { rollbackId }: CallContext<Aws>): void {
  const ours = found.DbiResourceId === state.resourceId
  if (ours && (tagOf(found, TAGS.run) === runName(rollbackId) || !state.kept)) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `a snapshot ${state.snapshot} is there already, and this rollback did not take it; give the step another name`,
  )
}
