import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Warning } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { versionOf } from './programs.ts'
import { type PostgresBackupStep, sizeOf } from './schema.ts'
import { readSource, type Source } from './source.ts'
import { type BackupState, parseState } from './state.ts'
import { storeOf } from './stores.ts'

/** Bounds: a quarter of an hour and a minute for each GiB, which a slow disk keeps up with. */
const SHORTEST = 15 * 60_000
const PER_GIB = 60_000

/** Whether a backup can be made, how large it would be at the most, and where it goes. Reads only. */
export async function plan(step: PostgresBackupStep, context: CallContext<Database>): Promise<Plan<BackupState>> {
  const { connection, signal } = context
  const [source, identity, tool] = await Promise.all([
    readSource(connection, step, signal),
    connection.identity(signal),
    versionOf(connection, 'pg_dump', signal),
  ])
  requireTool(source, tool)
  const free = await storeOf(connection).room(signal)
  const from = { oid: source.oid, made: false }
  const to = context.towards ? parseState(context.towards) : { oid: source.oid, made: true }
  const limit = SHORTEST + PER_GIB * Math.ceil(source.bytes / 1_024 ** 3)
  return {
    summary: to.made
      ? `${source.name} is backed up before anything is changed`
      : `the backup of ${source.name} is kept`,
    object: `postgres/${identity}/backup`,
    from,
    to,
    changes: to.made ? [{ path: 'backup', to: `dump of ${step.schemas.join(', ') || 'the whole database'}` }] : [],
    reversible: true,
    warnings: tight(source, free, step),
    limits: { apply: limit, verify: limit },
    impact: [
      `pg_dump ${tool} reads ${source.tables} tables of PostgreSQL ${source.version}, ${mib(source.bytes)} on disk`,
    ],
  }
}

/** pg_dump reads servers of its own version and older ones, and refuses newer ones. */
function requireTool({ major, version }: Source, tool: string): void {
  if (Number.parseInt(tool, 10) >= major) return
  throw new UnwindError(
    'CONFIGURATION_INVALID',
    `pg_dump ${tool} of the worker can't back up PostgreSQL ${version}; install client programs of version ${major} or newer`,
  )
}

/** A dump is compressed, so most of the time it is much smaller than the database; that can't be known before. */
function tight({ bytes, name }: Source, free: number | undefined, { atMost }: PostgresBackupStep): Warning[] {
  const bound = Math.min(free ?? Number.POSITIVE_INFINITY, sizeOf(atMost))
  if (bytes <= bound) return []
  const message = `${name} has ${mib(bytes)} on disk, and the backup may have ${mib(bound)}: it is given up if it gets larger`
  return [{ code: 'BACKUP_MAY_NOT_FIT', message }]
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 1_024 ** 2)} MiB`
}
