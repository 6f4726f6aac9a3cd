import { type DBInstance, RestoreDBInstanceToPointInTimeCommand } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext } from '../../../model/target.ts'
import { forRestore, settingsHash } from '../../aws/attributes.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import { byId } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { runName } from '../../run-names.ts'
import type { RdsRestoreStep } from './schema.ts'
import { type Window, windowOf } from './source.ts'
import type { RestoreState } from './state.ts'

/** Sends the restore once the moment can be restored to; nothing was made before. */
export async function create(step: RdsRestoreStep, to: RestoreState, context: CallContext<Aws>): Promise<Again> {
  const { connection, signal } = context
  const source = await byId(connection, to.source, signal)
  if (!source || settingsHash(source) !== to.settings) {
    const what = source ? 'has other settings' : 'is gone'
    const message = `${step.instance} (${to.source}) ${what} since the plan was made. Plan again`
    throw new UnwindError('PLAN_STALE', message, { untouched: true })
  }
  const window = await windowOf(connection, source, signal)
  const moment = to.at === 'latest' ? window.latest : new Date(to.at)
  if (moment < window.earliest) throw tooOld(step, window)
  if (moment > window.latest)
    return {
      again: connection.poll,
      doing: `waits until ${moment.toISOString()} can be restored to; the log is backed up to ${window.latest.toISOString()}`,
    }
  return send(source, to, moment, context)
}

async function send(source: DBInstance, to: RestoreState, moment: Date, context: CallContext<Aws>): Promise<Again> {
  const { connection, rollbackId, service, signal } = context
  const own = (source.TagList ?? []).filter(({ Key = '' }) => !Key.startsWith('aws:') && !Key.startsWith('unwind:'))
  const marks = {
    [TAGS.run]: runName(rollbackId),
    [TAGS.service]: service,
    [TAGS.restoredTo]: moment.toISOString(),
    [TAGS.quarantine]: to.quarantine.join(' '),
    [TAGS.candidate]: to.candidate,
  }
  const command = new RestoreDBInstanceToPointInTimeCommand({
    ...forRestore(source),
    SourceDbiResourceId: to.source,
    TargetDBInstanceIdentifier: to.candidate,
    RestoreTime: moment,
    VpcSecurityGroupIds: to.quarantine,
    DeletionProtection: false,
    Tags: [...own, ...Object.entries(marks).map(([Key, Value]) => ({ Key, Value }))],
  })
  const answer = await ask(
    { action: 'rds:RestoreDBInstanceToPointInTime', of: to.candidate },
    () => connection.rds.send(command, { abortSignal: signal }),
    'DBInstanceAlreadyExists',
  )
  const doing = isCode(answer) ? `${to.candidate} is there; looks whose it is` : `restores to ${moment.toISOString()}`
  return { again: connection.poll, doing }
}

function tooOld({ at, instance }: RdsRestoreStep, { earliest }: Window): UnwindError {
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${at} has left the window of ${instance}, which begins at ${earliest.toISOString()} now; choose a later moment`,
  )
}
