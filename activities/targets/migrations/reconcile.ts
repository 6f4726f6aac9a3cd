import type { Database, Session } from '../../postgres/connect.ts'
import { dropsOf } from '../../sql/postgres/drops-of.ts'
import { readApplied } from './applied.ts'
import type { Contents } from './contents.ts'
import { refuseLiving, takeLocks } from './locks.ts'
import { RIGHTS } from './rights.ts'
import type { MigrationsStep } from './schema.ts'
import { lockTable, quoted, tableOf } from './tables.ts'

/**
 * A way down that was committed without its row: the tool was killed in between. Where the statements only drop, and
 * everything that they drop is gone, the row is the only thing left to do; it is deleted and the answer is true. Where
 * some of it is there, nothing is done, and running the way down says what is wrong. A lock that Knex left is freed with
 * it, once nobody lives who could have it: he would be between the two himself.
 */
export async function reconcile(
  step: MigrationsStep,
  { file, down }: Contents,
  database: Database,
  signal: AbortSignal,
): Promise<boolean> {
  if (!down || down.asked) return false
  const drops = await dropsOf(down.statements.join('\n;\n'))
  if (!drops || drops.length === 0) return false
  return database.session(
    signal,
    async (session) => {
      for (const drop of drops) if (await exists(session, drop)) return false
      await session.transaction(async () => {
        await takeLocks(session, step, database)
        const { locked } = await readApplied(session, step)
        if (locked) await refuseLiving(session, step, database)
        await forget(session, step, file.name)
      })
      return true
    },
    { rights: RIGHTS },
  )
}

async function exists(session: Session, { relation, column }: { relation: string; column?: string }): Promise<boolean> {
  const [row] = column
    ? await session.rows<{ found: boolean }>(
        'look whether a column is there',
        'SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped) AS found',
        [relation, column],
      )
    : await session.rows<{ found: boolean }>(
        'look whether it is there',
        'SELECT to_regclass($1) IS NOT NULL AS found',
        [relation],
      )
  return row?.found !== false
}

async function forget(session: Session, step: MigrationsStep, name: string): Promise<void> {
  const table = tableOf(step)
  if (step.tool === 'prisma')
    await session.rows(
      `record ${name}`,
      `UPDATE ${table} SET rolled_back_at = now() WHERE migration_name = $1 AND finished_at IS NOT NULL AND rolled_back_at IS NULL`,
      [name],
    )
  else await session.rows(`record ${name}`, `DELETE FROM ${table} WHERE ${quoted('name')} = $1`, [name])
  if (step.tool === 'knex')
    await session.rows('free the lock of knex', `UPDATE ${lockTable(step)} SET is_locked = 0 WHERE is_locked = 1`)
}
