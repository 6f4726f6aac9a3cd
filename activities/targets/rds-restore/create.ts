import type { Tag } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { runName } from '../../run-names.ts'
import type { Window } from './restorer.ts'
import { restorerFor } from './sort.ts'
import type { RdsRestoreStep } from './schema.ts'
import { windowOf } from './source.ts'
import type { RestoreState } from './state.ts'

/** Sends the restore once the moment can be restored to; nothing was made before. */
export async function create(step: RdsRestoreStep, to: RestoreState, context: CallContext<Aws>): Promise<Again> {
  const { connection, signal } = context
  const source = await familyOf(step).byId(connection, to.source, signal)
  if (!source || restorerFor(step).settings(source) !== to.settings) {
    const what = source ? 'has other settings' : 'is gone'
    const message = `${nameOf(step)} (${to.source}) ${what} since the plan was made. Plan again`
    throw new UnwindError('PLAN_STALE', message, { untouched: true })
  }
  const window = await windowOf(step, source, context)
  const moment = to.at === 'latest' ? window.latest : new Date(to.at)
  if (moment < window.earliest) throw tooOld(step, window)
  if (moment > window.latest)
    return {
      again: connection.poll,
      doing: `waits until ${moment.toISOString()} can be restored to; the log is backed up to ${window.latest.toISOString()}`,
    }
  const tags = tagsFor(source, to, moment, context)
  const order = { source, name: to.candidate, moment, groups: to.quarantine, tags }
  const sent = await restorerFor(step).make(order, context)
  const doing = sent ? `restores to ${moment.toISOString()}` : `${to.candidate} is there; looks whose it is`
  return { again: connection.poll, doing }
}

/** What the source bears, but for marks of AWS and of earlier runs, and the marks of this one. */
function tagsFor(source: Held, to: RestoreState, moment: Date, { rollbackId, service }: CallContext<Aws>): Tag[] {
  const own = source.TagList.filter(({ Key = '' }) => !Key.startsWith('aws:') && !Key.startsWith('unwind:'))
  const marks = {
    [TAGS.run]: runName(rollbackId),
    [TAGS.service]: service,
    [TAGS.restoredTo]: moment.toISOString(),
    [TAGS.quarantine]: to.quarantine.join(' '),
    [TAGS.candidate]: to.candidate,
  }
  return [...own, ...Object.entries(marks).map(([Key, Value]) => ({ Key, Value }))]
}

function tooOld(step: RdsRestoreStep, { earliest }: Window): UnwindError {
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${step.at} has left the window of ${nameOf(step)}, which begins at ${earliest.toISOString()} now; choose a later moment`,
  )
}
