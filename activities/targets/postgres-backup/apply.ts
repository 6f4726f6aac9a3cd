import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Move } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { startDump, versionOf } from './programs.ts'
import { type PostgresBackupStep, sizeOf } from './schema.ts'
import { readSource } from './source.ts'
import type { BackupState } from './state.ts'
import { shelfOf } from './stores.ts'

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
    if (context.drill) await shelfOf(context).remove(signal)
    return { state: to }
  }
  const source = await readSource(connection, step, signal)
  const shelf = shelfOf(context)
  const there = await shelf.manifest(signal)
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
  const { file, bytes, sha256, listing, keep } = await shelf.take(dumping, sizeOf(step.atMost), signal)
  const manifest = { file, bytes, sha256, ...listing, server: source.version, tool }
  await keep(manifest)
  return { state: { oid: source.oid, made: true, ...manifest } }
}
