import { UnwindError } from '../../../model/errors.ts'
import type { Database, Session } from '../../postgres/connect.ts'
import type { MigrationsStep } from './schema.ts'
import { lockTable } from './tables.ts'

/** Everything below is locked for this database by one number; runner/shared.mjs takes the same. */
const OUR_LOCK = 7_305_809_221
/** The lock that Prisma's own engine takes (prisma-engines, schema-connector), so that `migrate deploy` waits for us and we for it. */
const PRISMA_LOCK = 72_707_369

/** Takes our lock, and the tool's own where that is an advisory one, until the transaction ends. Does not wait. */
export async function takeLocks(session: Session, { tool }: MigrationsStep, { name }: Database): Promise<void> {
  for (const lock of tool === 'prisma' ? [OUR_LOCK, PRISMA_LOCK] : [OUR_LOCK]) {
    const [row] = await session.rows<{ held: boolean }>(
      'take the lock',
      'SELECT pg_try_advisory_xact_lock($1) AS held',
      [lock],
    )
    if (!row?.held)
      throw new UnwindError('TARGET_UNREACHABLE', `another run is at the migrations of ${name}; it is waited for`)
  }
}

/** Whether Prisma's engine migrates this database now: an advisory lock ends with its session, so it is never a leftover. */
export async function isPrismaAtWork(session: Session): Promise<boolean> {
  const [row] = await session.rows<{ held: boolean }>(
    'look whether prisma migrates',
    `SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
     WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND objsubid = 1 AND granted
     AND datname = current_database() AND pid <> pg_backend_pid()) AS held`,
    [PRISMA_LOCK],
  )
  return row?.held === true
}

/** A session that could be a migrator's. */
export interface Open {
  pid: number
  role: string
  application: string
}

const SHOWN = 5

/**
 * Sessions of this database whose role may write Knex's lock, ours left out: its migrator can be none but these. Role and
 * application are visible to everybody, and a migrator keeps its connections while it lives (the pool of Knex never goes
 * below 2 by itself). What no server can tell is a process that was told to keep none and comes back later.
 */
export async function openMigrators(session: Session, step: MigrationsStep): Promise<Open[]> {
  return session.rows<Open>(
    'look for sessions that may migrate',
    `SELECT pid, usename AS role, application_name AS application FROM pg_stat_activity, pg_class
     WHERE pg_class.oid = to_regclass($1) AND datname = current_database() AND usesysid IS NOT NULL
     AND pid <> pg_backend_pid() AND application_name <> 'unwind'
     AND (has_table_privilege(usesysid, pg_class.oid, 'UPDATE') OR pg_has_role(usesysid, relowner, 'MEMBER'))
     ORDER BY pid`,
    [lockTable(step)],
  )
}

/** `3 sessions (pid 41 as shop from psql; …)`. */
export function said(open: readonly Open[]): string {
  const each = open
    .slice(0, SHOWN)
    .map(({ pid, role, application }) => `pid ${pid} as ${role}${application && ` from ${application}`}`)
  const more = open.length > SHOWN ? '; …' : ''
  return `${open.length} ${open.length === 1 ? 'session' : 'sessions'} (${each.join('; ')}${more})`
}

/**
 * Throws TARGET_OWNED unless it is proven that whoever took Knex's lock is gone. While the lock is held nobody new gets it,
 * so what was proven stays true until it is freed.
 */
export async function refuseLiving(session: Session, step: MigrationsStep, { name }: Database): Promise<void> {
  const open = await openMigrators(session, step)
  if (open.length === 0) return
  throw new UnwindError(
    'TARGET_OWNED',
    `knex's own lock on ${name} is held, and a migrator may be alive: ${said(open)} may write it. Scale the application to zero or fence the database (postgres-fence), end what is left, then retry`,
    { untouched: true },
  )
}
