import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { give, sameGroups } from '../../aws/groups.ts'
import type { Held } from '../../aws/held.ts'
import { openedAt, TAGS } from '../../aws/names.ts'
import { soon, unsettled } from '../../aws/settled.ts'
import { tag, tagOf, untag } from '../../aws/tags.ts'
import { runName } from '../../run-names.ts'
import type { RdsOpenStep } from './schema.ts'
import type { OpenState } from './state.ts'

type Outcome = { state: OpenState } | Again

/**
 * One step onwards. The mark comes before the groups: from the moment when the first application may write nothing takes
 * the promotion back by mistake, whatever dies in between.
 */
export async function apply(step: RdsOpenStep, { to }: Move<OpenState>, context: CallContext<Aws>): Promise<Outcome> {
  const { connection, signal } = context
  const found = await familyOf(step).byId(connection, to.serving, signal)
  if (!found)
    throw new UnwindError('TARGET_NOT_FOUND', `${to.serving}, which was promoted to be ${to.name}, is not there`)
  return to.open ? open(step, found, to, context) : close(step, found, to, context)
}

async function open(step: RdsOpenStep, found: Held, to: OpenState, context: CallContext<Aws>): Promise<Outcome> {
  const { connection, rollbackId, signal } = context
  refuseIdle(found)
  const waiting = unsettled(connection, found, found.name)
  if (waiting) return waiting
  const since = openedAt(found)
  if (since === undefined) {
    const mark = { [TAGS.opened]: `${runName(rollbackId)} ${new Date().toISOString()}` }
    const marked = await tag(connection, found.arn, mark, signal)
    return { again: soon(connection), doing: `marks ${found.name} as open${marked ? '' : ' again'}` }
  }
  const groups = tagOf(found, TAGS.opens)?.split(' ')
  if (groups && !sameGroups(groups, found.groups)) return give(step, found, { groups }, context)
  return { state: { ...to, openedAt: since } }
}

/** What stands in nobody's place, or was put to another use since, is not this step's to open or to close. */
function refuseIdle(found: Held): void {
  if (tagOf(found, TAGS.serves) !== undefined) return
  throw new UnwindError(
    'PLAN_STALE',
    `${found.name} (${found.id}) serves in nobody's place: its promotion was taken back, or never made. Plan again`,
    { untouched: openedAt(found) === undefined },
  )
}

/** Back into the quarantine that it came from; what was promoted with its doors open has none of its own to go to. */
async function close(step: RdsOpenStep, found: Held, to: OpenState, context: CallContext<Aws>): Promise<Outcome> {
  const { connection, signal } = context
  if (openedAt(found) === undefined) return { state: to }
  refuseIdle(found)
  const groups = tagOf(found, TAGS.quarantine)?.split(' ')
  if (groups && !sameGroups(groups, found.groups)) {
    if (found.status !== 'available')
      return { again: connection.poll, doing: `${found.name} is ${found.status}; waits until it is available` }
    return give(step, found, { groups }, context)
  }
  await untag(connection, found.arn, [TAGS.opened], signal)
  return { again: soon(connection), doing: `takes the mark of being open from ${found.name}` }
}
