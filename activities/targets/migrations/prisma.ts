import { randomUUID } from 'node:crypto'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { parse } from '../../sql/postgres/parse.ts'
import { readApplied } from './applied.ts'
import { type Contents, isAtomic } from './contents.ts'
import { takeLocks } from './locks.ts'
import { RIGHTS } from './rights.ts'
import type { MigrationsStep } from './schema.ts'
import { tableOf } from './tables.ts'

const STATEMENT_LIMIT = 10 * 60_000

/**
 * Takes Prisma's migrations down by the SQL that a person wrote and others approved, in one transaction with the table:
 * the row stays, with `rolled_back_at`, which the engine reads as never applied. Up again is a row of its own, as
 * `migrate deploy` writes it.
 */
export async function applyPrisma(
  step: MigrationsStep,
  { way, contents, before }: { way: 'up' | 'down'; contents: readonly Contents[]; before: readonly string[] },
  { connection, signal }: CallContext<Database>,
): Promise<void> {
  const table = tableOf(step)
  const options = { statementLimit: STATEMENT_LIMIT, lockLimit: 10_000, rights: RIGHTS }
  await connection.session(
    signal,
    (session) =>
      session.transaction(async () => {
        await takeLocks(session, step, connection)
        const { applied } = await readApplied(session, step)
        if (applied.map(({ name }) => name).join('\n') !== before.join('\n'))
          throw new UnwindError(
            'PLAN_STALE',
            `somebody migrated ${connection.name} since the plan; what they did is kept. Plan again`,
            { untouched: true },
          )
        for (const { file, up, down } of contents) {
          for (const sql of (way === 'down' ? down : up)?.statements ?? [])
            await session.rows(`take ${file.name} ${way}`, sql)
          if (way === 'down')
            await session.rows(
              `record ${file.name}`,
              `UPDATE ${table} SET rolled_back_at = now() WHERE migration_name = $1 AND finished_at IS NOT NULL AND rolled_back_at IS NULL`,
              [file.name],
            )
          else
            await session.rows(
              `record ${file.name}`,
              `INSERT INTO ${table} (id, checksum, migration_name, started_at, finished_at, applied_steps_count) VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp(), 1)`,
              [randomUUID(), file.sha256, file.name],
            )
        }
      }),
    options,
  )
}

/** Throws TARGET_REJECTED for a way down that can't be run in one transaction with the table. */
export async function refuseOwnTransactions(contents: readonly Contents[]): Promise<void> {
  for (const { file, down } of contents)
    for (const sql of down?.statements ?? []) {
      const parsed = await parse(sql)
      if ('unread' in parsed)
        throw new UnwindError(
          'TARGET_REJECTED',
          `down.sql of ${file.name} is not SQL that PostgreSQL reads, so nobody can tell what it would end; correct it`,
        )
      if (parsed.some(({ node }) => 'TransactionStmt' in node))
        throw new UnwindError(
          'TARGET_REJECTED',
          `down.sql of ${file.name} begins or ends a transaction; leave that out, it runs in one together with Prisma's table`,
        )
    }
  if (!isAtomic(contents, 'down'))
    throw new UnwindError(
      'TARGET_REJECTED',
      'a down.sql holds a statement that can not run in a transaction, such as DROP INDEX CONCURRENTLY; write it without',
    )
}
