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
  const { commits, rows, catalogue, prepared: waiting } = seen
  const facts = { commits, rows, catalogue, walBytes: seen.wal, prepared: waiting }
  if (rows > 0) return verdict('fail', `${rows} rows of ${name} were written within ${readable(quiet)}`, facts)
  // Autovacuum commits, and writes statistics of tables into the catalogue: neither is a row of anybody's.
  if (commits > 0 || catalogue > 0)
    return wait(`${commits} commits in ${name} within ${readable(quiet)}; looks again`, facts)
  const prepared = waiting > 0 ? `; ${waiting} prepared transactions wait, and can't be committed` : ''
  const what = `no session and no commit in ${name} for ${readable(quiet)}${prepared}`
  return verdict(waiting > 0 ? 'inconclusive' : 'pass', what, facts)
}

function inside(name: string, all: Parameters<typeof named>[0]): Judgement {
  const doing = `in ${name} there is still ${named(all)}`
  return all.some(({ superuser }) => superuser) ? verdict('fail', doing) : wait(doing)
}

interface Counts {
  commits: number
  /** Of tables that are somebody's, large objects among them. */
  rows: number
  /** Of the database's own tables. */
  catalogue: number
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
    const between = (key: keyof Counts) => second[key] - first[key]
    return {
      ...{ commits: between('commits'), rows: between('rows'), catalogue: between('catalogue'), wal: between('wal') },
      prepared: second.prepared,
    }
  })
}

async function count(session: Session): Promise<Counts> {
  const [row] = await session.rows<Partial<Record<string, string>>>('read pg_stat_database', COUNTERS)
  const of = (key: string) => Number(row?.[key] ?? 0)
  const rows = of('rows')
  return {
    ...{ commits: of('commits'), rows, catalogue: of('written') - rows },
    ...{ wal: of('wal'), prepared: of('prepared') },
  }
}

const COUNTERS = `
SELECT xact_commit AS commits, tup_inserted + tup_updated + tup_deleted AS written,
  (SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_all_tables
    WHERE schemaname NOT IN ('pg_catalog', 'pg_toast', 'information_schema') OR relname = 'pg_largeobject') AS rows,
  pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS wal,
  (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()) AS prepared
FROM pg_stat_database WHERE datname = current_database()`

function wait(doing: string, facts?: Counts | object): Judgement {
  return { again: LOOK, doing, evidence: { summary: doing, ...(facts && { facts: { ...facts } }) } }
}

function verdict(status: Verdict['status'], summary: string, facts?: object): Verdict {
  return { status, evidence: { summary, ...(facts && { facts: { ...facts } }) } }
}
