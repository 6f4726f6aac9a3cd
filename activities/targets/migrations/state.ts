import { z } from 'zod'
import type { State } from '../../../model/target.ts'

const Move = z.strictObject({
  name: z.string(),
  /** Of the file, and of the SQL of the way down that was shown. */
  sha256: z.string(),
  down: z.string(),
})

/**
 * Where a database's migrations stand: with the release that is left, or with the one gone back to. Names and hashes only;
 * what the rows and the SQL hold stays in the database and in the release's files.
 */
export const MigrationsState = z.strictObject({
  at: z.enum(['leaving', 'target']),
  database: z.string(),
  table: z.string(),
  /** Hash of the applied names in order. */
  applied: z.string(),
  /** What the release brought, last first; none where the schema is kept. */
  migrations: z.array(Move).max(200),
})
export type MigrationsState = z.infer<typeof MigrationsState>

/** Reads a recorded state. */
export function parseState(state: State): MigrationsState {
  return MigrationsState.parse(state)
}
