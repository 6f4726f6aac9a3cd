import { UnwindError } from '../../../model/errors.ts'
import type { Recorded } from './applied.ts'
import type { MigrationFile, Release } from './files.ts'
import type { Open } from './locks.ts'

/** What is known before anything is decided. */
export interface Situation extends Recorded {
  leaving: Release
  target: Release
  /** Whether the checksum of the table speaks of the file's bytes. */
  checksums: boolean
  /** Sessions that could be the migrator which holds Knex's lock. */
  open: Open[]
}

/** Migrations that are applied and that the target has no file of, in the order in which they were applied. */
export function extra({ applied, target }: Situation): string[] {
  const known = new Set(target.files.map(({ name }) => name))
  return applied.filter(({ name }) => !known.has(name)).map(({ name }) => name)
}

/**
 * The files of what the release brought, last first. Throws where it can't be told for certain that this is what to undo:
 * a failed row, a target that was never deployed, rows that the leaving release does not know, files that were edited, or
 * migrations of the target that were applied after those of the release.
 */
export function toUndo(situation: Situation): MigrationFile[] {
  const { applied, leaving, target } = situation
  refuseFailed(situation)
  const names = applied.map(({ name }) => name)
  const missing = target.files.find(({ name }) => !names.includes(name))
  if (missing)
    throw refused(`${missing.name} of ${target.name} was never applied here, so ${target.name} is not what ran before`)
  const undo = extra(situation)
  if (undo.length === 0)
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `${leaving.name} brought no migration that ${target.name} does not know; take the application back alone`,
    )
  const files = new Map(leaving.files.map((file) => [file.name, file]))
  const foreign = names.find((name) => !files.has(name))
  if (foreign)
    throw refused(
      `${foreign} is applied, but no file of ${leaving.name}: it came from elsewhere, and a person has to say what becomes of it`,
    )
  refuseEdited(situation)
  const first = names.length - undo.length
  const between = names.slice(names.indexOf(undo[0] ?? '')).find((name) => !undo.includes(name))
  if (between || names[first] !== undo[0])
    throw refused(
      `${between} of ${target.name} was applied after ${undo[0]}; what came later may build on it, so a person has to decide the order`,
    )
  return undo.flatMap((name) => files.get(name) ?? []).toReversed()
}

/** A schema in between belongs to no release. */
function refuseFailed({ applied }: Situation): void {
  const failed = applied.find((one) => one.failed)
  if (failed)
    throw refused(
      `${failed.name} began and never ended; mend the schema and mark it (prisma migrate resolve), then plan again`,
    )
}

function refuseEdited({ applied, leaving, target, checksums }: Situation): void {
  const old = new Map(target.files.map(({ name, sha256 }) => [name, sha256]))
  const edited = leaving.files.find(({ name, sha256 }) => old.has(name) && old.get(name) !== sha256)
  if (edited)
    throw refused(
      `${edited.name} is not the same file in ${target.name} and ${leaving.name}; one of them is not what was applied`,
    )
  if (!checksums) return
  const files = new Map(leaving.files.map(({ name, sha256 }) => [name, sha256]))
  const other = applied.find(({ name, checksum }) => files.has(name) && files.get(name) !== checksum)
  if (other)
    throw refused(
      `${other.name} was edited after it was applied: the table has another checksum than the file of ${leaving.name}`,
    )
}

function refused(message: string): UnwindError {
  return new UnwindError('TARGET_REJECTED', message)
}
