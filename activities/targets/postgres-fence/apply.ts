import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Database, Session } from '../../postgres/connect.ts'
import { readStanding, RIGHTS, rolesOf, type Standing } from './catalogue.ts'
import type { PostgresFenceStep } from './schema.ts'
import { intruders, named, terminate } from './sessions.ts'
import { type FenceState, sameAccess, withMark } from './state.ts'
import { accessStatements, commentStatement } from './statements.ts'

const RACE = 100
/** Backends look for the signal between two pages or steps; then they take back what they did. */
const ENDING = 200

/**
 * One step onwards: all rights in one transaction, with the mark that remembers them, or the end of the sessions. Who
 * was killed in between has left nothing or everything of the transaction, and the second call goes on from there.
 */
export async function apply(
  step: PostgresFenceStep,
  move: Move<FenceState>,
  context: CallContext<Database>,
): Promise<{ state: FenceState } | Again> {
  return context.connection.session(context.signal, (session) => applyIn(session, step, move, context), {
    rights: RIGHTS,
  })
}

async function applyIn(
  session: Session,
  step: PostgresFenceStep,
  move: Move<FenceState>,
  context: CallContext<Database>,
): Promise<{ state: FenceState } | Again> {
  const roles = rolesOf(step, move.from, move.to)
  const standing = await readStanding(session, roles)
  if (!isAt(standing, move.to)) {
    const lost = await change(session, roles, move, context)
    if (lost) return lost
  }
  if (move.to.before === undefined) return { state: move.to }
  const inside = await intruders(session, standing, step)
  if (inside.some(({ type }) => type === null)) throw unseen(context.connection)
  await terminate(session, inside, standing)
  const left = await intruders(session, standing, step)
  if (left.length === 0) return { state: { ...move.to, fencedAt: await closedAt(session, roles) } }
  return { again: ENDING, doing: `fenced; waits for sessions to end: ${named(left)}` }
}

/**
 * When the last session had ended, by the server's own clock: what it committed has that time, and what is restored is
 * restored by it. Whoever finds out first writes it into the mark, so that every later look gives the same.
 */
async function closedAt(session: Session, roles: string[]): Promise<string> {
  return session.transaction(async () => {
    await session.rows('take the lock of the fence', LOCK)
    const { mark, comment, name } = await readStanding(session, roles)
    if (mark?.at) return mark.at
    const [row] = await session.rows<{ now: string }>('read the clock', CLOCK)
    if (!row) throw new UnwindError('INTERNAL', 'a query of one row has none')
    if (mark) {
      const { doing, text } = commentStatement(name, withMark(comment, { ...mark, at: row.now }))
      await session.rows(doing, text)
    }
    return row.now
  })
}

const CLOCK = `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS now`

/** Read again under the lock: whoever came first has written, or is seen to have been somebody else. */
async function change(
  session: Session,
  roles: string[],
  move: Move<FenceState>,
  context: CallContext<Database>,
): Promise<Again | undefined> {
  try {
    await session.transaction(async () => {
      await session.rows('take the lock of the fence', LOCK)
      const now = await readStanding(session, roles)
      if (isAt(now, move.to)) return
      if (!isAt(now, move.from)) throw stale(now, context)
      if (!now.owns) throw notOwner(now, context.connection)
      await write(session, now, move, context)
      // A GRANT or REVOKE that may not do what it says only warns.
      const after = await readStanding(session, roles)
      if (!isAt(after, move.to)) throw unchanged(after, context.connection)
    })
    return undefined
  } catch (error) {
    // PostgreSQL's answer to two changes of one row of its catalogue at the same time (XX000).
    if (error instanceof UnwindError && error.facts?.['sqlstate'] === 'XX000')
      return { again: RACE, doing: 'somebody else changed the rights meanwhile; reading them again' }
    throw error
  }
}

const LOCK = `SELECT pg_advisory_xact_lock(hashtext('unwind fence'), (SELECT oid::int FROM pg_database WHERE datname = current_database()))`

async function write(
  session: Session,
  now: Standing,
  { from, to }: Move<FenceState>,
  { rollbackId }: CallContext<Database>,
): Promise<void> {
  const comment = to.before ? withMark(now.comment, { by: rollbackId, ...to.before }) : now.comment
  for (const { doing, text } of [...accessStatements(now, from, to), commentStatement(now.name, comment)])
    await session.rows(doing, text)
}

/** Rights, and for a fenced one that our mark remembers what it took. */
export function isAt({ state }: Standing, wanted: FenceState): boolean {
  if (state.oid !== wanted.oid || !sameAccess(state, wanted)) return false
  return (state.before === undefined) === (wanted.before === undefined)
}

function stale(now: Standing, { rollbackId }: CallContext): UnwindError {
  return new UnwindError(
    'PLAN_STALE',
    `who may connect to ${now.name} is neither what was planned from nor what was planned; what somebody changed is kept. Plan again`,
    { untouched: now.mark?.by !== rollbackId },
  )
}

function notOwner({ name, owner, me }: Standing, { name: connection }: Database): UnwindError {
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `the worker's role ${me} on ${connection} has not the rights of ${owner}, the owner of ${name}, so it can't change who connects; grant them with ${RIGHTS}`,
  )
}

function unchanged({ name, me }: Standing, { name: connection }: Database): UnwindError {
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `the worker's role ${me} on ${connection} was let change the rights on ${name} and they did not become what was planned, so everything was taken back; grant what it needs with ${RIGHTS}`,
  )
}

function unseen({ name }: Database): UnwindError {
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `the worker's role on ${name} may not see the sessions of others (pg_read_all_stats), so it can't tell whether they ended; grant it with ${RIGHTS}`,
  )
}
