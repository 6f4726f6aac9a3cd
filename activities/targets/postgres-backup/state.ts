import { z } from 'zod'
import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'

/** What stands beside a backup, in a file of its own, once it is whole. */
export const Manifest = z.strictObject({
  file: z.string(),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Entries of its table of contents, as pg_restore lists them, and those of them that are a table's rows. */
  entries: z.int().positive(),
  tables: z.int().min(0),
  /** Versions of the server and of pg_dump. */
  server: z.string(),
  tool: z.string(),
})
export type Manifest = z.infer<typeof Manifest>

/** A manifest as it was written, or undefined for what is none. */
export function parsedManifest(text: string): Manifest | undefined {
  try {
    return Manifest.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const Shape = z.strictObject({
  /** oid of the database: one that was dropped and made anew is another. */
  oid: z.string(),
  /** Whether this step of this run has made a backup. */
  made: z.boolean(),
  ...Manifest.partial().shape,
})

/** What Unwind knows of a backup: where it lies on the worker, and its hash. Nothing of what is in it. */
export type BackupState = z.infer<typeof Shape> & State

/** A state that an earlier run recorded, or INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): BackupState {
  const read = Shape.safeParse(state)
  if (read.success) return read.data
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of a backup of a PostgreSQL database')
}
