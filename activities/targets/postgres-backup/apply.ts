import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Move } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { contents, startDump, versionOf } from './programs.ts'
import { type PostgresBackupStep, sizeOf } from './schema.ts'
import { readSource } from './source.ts'
import type { BackupState } from './state.ts'
import { readManifest, shelfOf, shelve, take, unshelve } from './store.ts'

/**
 * Dumps in one go, because half a dump is none: an attempt that dies begins anew, and one that found a whole backup of
 * this step of this run is done. A backup is taken back by drills alone: else it harms nothing, and may be needed just then.
 */
export async function apply(
  step: PostgresBackupStep,
  { from, to }: Move<BackupState>,
  context: CallContext<Database>,
): Promise<{ state: BackupState }> {
  const { connection, rollbackId, signal } = context
  if (!to.made) {
    if (context.drill) await unshelve(shelfOf(context))
    return { state: to }
  }
  const source = await readSource(connection, step, signal)
  const shelf = shelfOf(context)
  const there = await readManifest(shelf)
  if (source.oid !== from.oid)
    throw new UnwindError(
      'PLAN_STALE',
      `${source.name} was dropped and made anew since it was planned; a backup would hold another database. Plan again`,
      { untouched: there === undefined },
    )
  if (there) return { state: { oid: source.oid, made: true, ...there } }
  if (!rollbackId) throw new UnwindError('INTERNAL', 'a backup belongs to a run')
  const tool = await versionOf(connection, 'pg_dump', signal)
  const dumping = await startDump(connection, step.schemas, signal)
  const { partial, bytes, sha256 } = await take(shelf, dumping, sizeOf(step.atMost))
  const listed = await contents(connection, partial, signal)
  const manifest = { file: shelf.file, bytes, sha256, ...listed, server: source.version, tool }
  await shelve(shelf, partial, manifest)
  return { state: { oid: source.oid, made: true, ...manifest } }
}
