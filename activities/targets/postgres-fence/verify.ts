import { setTimeout as pause } from 'node:timers/promises'
import { milliseconds, readable } from '../../../model/duration.ts'
import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Database, Session } from '../../postgres/connect.ts'
import { isAt } from './apply.ts'
import { readStanding, RIGHTS, rolesOf } from './catalogue.ts'
import type { PostgresFenceStep } from './schema.ts'
import { intruders, named } from './sessions.ts'
import type { FenceState } from './state.ts'

type Judgement = Verdict | (Again & { evidence: Evidence })

const LOOK = 500
const LONGEST = 60_000

/** Are the rights as wanted, and behind a fence: is nobody in, and is nothing committed for as long as the step says? */
export async function verify(
  step: PostgresFenceStep,
  state: FenceState,
  context: CallContext<Database>,
): Promise<Judgement> {
  return context.connection.session(context.signal, (session) => judge(session, step, state, context), {
    rights: RIGHTS,
  })
}

async function judge(
  session: Session,
  step: PostgresFenceStep,
  state: FenceState,
  { signal }: CallContext<Database>,
): Promise<Judgement> {
  const standing = await readStanding(session, rolesOf(step, state))
  const { name } = standing
  if (!isAt(standing, state))
    return verdict('fail', `who may connect to ${name} is not what this step left: somebody changed it`)
  if (state.before === undefined) return verdict('pass', `whoever could connect to ${name} before can again`)
  const quiet = Math.min(LONGEST, milliseconds(step.quiet))
  const before = await intruders(session, standing, step)
  if (before.length > 0) return inside(name, before)
  const seen = await window(session, quiet, signal)
  const after = await intruders(session, standing, step)
  if (after.length > 0) return inside(name, after)
  const facts = { commits: seen.commits, rows: seen.rows, walBytes: seen.wal, prepared: seen.prepared }
  if (seen.rows > 0)
    return verdict('fail', `${seen.rows} rows of ${name} were written within ${readable(quiet)}`, facts)
  if (seen.commits > 0) return wait(`${seen.commits} commits in ${name} within ${readable(quiet)}; looks again`, facts)
  const prepared = seen.prepared > 0 ? `; ${seen.prepared} prepared transactions wait, and can't be committed` : ''
  const what = `no session and no commit in ${name} for ${readable(quiet)}${prepared}`
  return verdict(seen.prepared > 0 ? 'inconclusive' : 'pass', what, facts)
}

function inside(name: string, all: Parameters<typeof named>[0]): Judgement {
  const doing = `in ${name} there is still ${named(all)}`
  return all.some(({ superuser }) => superuser) ? verdict('fail', doing) : wait(doing)
}

interface Counts {
  commits: number
  rows: number
  wal: number
  prepared: number
}

/**
 * Both looks are taken inside one transaction, so that the worker itself commits nothing between them. The counters are
 * those of this database alone; WAL is the whole server's, and evidence only.
 */
async function window(session: Session, quiet: number, signal: AbortSignal): Promise<Counts> {
  return session.transaction(async () => {
    await session.rows('read only', 'SET TRANSACTION READ ONLY')
    const first = await count(session)
    await pause(quiet, undefined, { signal })
    await session.rows('forget the counters', 'SELECT pg_stat_clear_snapshot()')
    const second = await count(session)
    const between = (of: (counts: Counts) => number) => of(second) - of(first)
    return {
      commits: between(({ commits }) => commits),
      rows: between(({ rows }) => rows),
      wal: between(({ wal }) => wal),
      prepared: second.prepared,
    }
  })
}

async function count(session: Session): Promise<Counts> {
  const [row] = await session.rows<Record<keyof Counts, string>>('read pg_stat_database', COUNTERS)
  const of = (key: keyof Counts) => Number(row?.[key] ?? 0)
  return { commits: of('commits'), rows: of('rows'), wal: of('wal'), prepared: of('prepared') }
}

const COUNTERS = `
SELECT xact_commit AS commits, tup_inserted + tup_updated + tup_deleted AS rows,
  pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS wal,
  (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()) AS prepared
FROM pg_stat_database WHERE datname = current_database()`

function wait(doing: string, facts?: Counts | object): Judgement {
  return { again: LOOK, doing, evidence: { summary: doing, ...(facts && { facts: { ...facts } }) } }
}

function verdict(status: Verdict['status'], summary: string, facts?: object): Verdict {
  return { status, evidence: { summary, ...(facts && { facts: { ...facts } }) } }
}
