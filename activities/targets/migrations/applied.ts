import { UnwindError } from '../../../model/errors.ts'
import type { Session } from '../../postgres/connect.ts'
import { sha256 } from './files.ts'
import { isPrismaAtWork } from './locks.ts'
import type { MigrationsStep } from './schema.ts'
import { lockTable, tableOf } from './tables.ts'

/** What the tool's own table says, in the order in which it was applied. */
export interface Applied {
  name: string
  /** Prisma's sha256 of the script as it was applied. */
  checksum?: string
  /** Began and never ended: the schema is somewhere in between. */
  failed: boolean
}

/** The table's rows, and what is known of the tool's own lock. */
export interface Recorded {
  applied: Applied[]
  /** Knex's lock is held: by somebody who migrates, or left by a process that was killed. */
  locked: boolean
  /** Prisma migrates now. */
  atWork: boolean
}

/** Reads the tool's table. Throws TARGET_NOT_FOUND where there is none. */
export async function readApplied(session: Session, step: MigrationsStep): Promise<Recorded> {
  const table = tableOf(step)
  try {
    if (step.tool === 'prisma') return await readPrisma(session, table)
    if (step.tool === 'knex') {
      const rows = await session.rows<{ name: string }>(`read ${table}`, `SELECT name FROM ${table} ORDER BY id`)
      return { applied: rows.map(passed), locked: await isLocked(session, step), atWork: false }
    }
    const rows = await session.rows<{ name: string }>(
      `read ${table}`,
      `SELECT name FROM ${table} ORDER BY name COLLATE "C"`,
    )
    return { applied: rows.map(passed), locked: false, atWork: false }
  } catch (error) {
    if (error instanceof UnwindError && error.facts?.['sqlstate'] === '42P01')
      throw new UnwindError('TARGET_NOT_FOUND', `there is no ${table}; correct tool, schema or table of the step`)
    throw error
  }
}

function passed({ name }: { name: string }): Applied {
  return { name, failed: false }
}

async function isLocked(session: Session, step: MigrationsStep): Promise<boolean> {
  const lock = lockTable(step)
  const rows = await session.rows<{ is_locked: number }>(`read ${lock}`, `SELECT is_locked FROM ${lock}`)
  return rows.some(({ is_locked }) => is_locked === 1)
}

/** One row per attempt; those that were rolled back count as never applied (prisma-engines, ARCHITECTURE.md). */
async function readPrisma(session: Session, table: string): Promise<Recorded> {
  // Asked first: whoever is done in between has no row without its end any more.
  const atWork = await isPrismaAtWork(session)
  const rows = await session.rows<{ name: string; checksum: string; failed: boolean }>(
    `read ${table}`,
    `SELECT migration_name AS name, checksum, finished_at IS NULL AS failed FROM ${table} WHERE rolled_back_at IS NULL ORDER BY started_at, migration_name`,
  )
  return { applied: rows, locked: false, atWork }
}

/** Names in order, as one hash: what a plan is bound to. */
export function digestOf(names: readonly string[]): string {
  return sha256(names.join('\n'))
}
