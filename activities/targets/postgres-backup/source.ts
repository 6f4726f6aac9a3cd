import { UnwindError } from '../../../model/errors.ts'
import type { Database } from '../../postgres/connect.ts'
import type { PostgresBackupStep } from './schema.ts'

/** The statements that grant what this kind needs. */
export const RIGHTS = 'docs/rbac/postgres-backup/role.sql'

/** The database that would be backed up. */
export interface Source {
  oid: string
  name: string
  /** Of the server: 15.10 and 15. */
  version: string
  major: number
  /** On disk, which a dump rarely exceeds. */
  bytes: number
  /** Ordinary tables in the schemas of the step, those of extensions aside. */
  tables: number
}

/** Reads it. Throws NO_ROLLBACK_TARGET where there is nothing to back up: that is more often the wrong database. */
export async function readSource(
  database: Database,
  { schemas }: PostgresBackupStep,
  signal: AbortSignal,
): Promise<Source> {
  const [found] = await database.session(signal, (session) => session.rows<Row>('read pg_class', SOURCE, [schemas]), {
    rights: RIGHTS,
  })
  if (!found)
    throw new UnwindError('TARGET_NOT_FOUND', `${database.name}: the database is gone; correct the connection`)
  const { number, bytes, ...source } = found
  if (source.tables > 0) return { ...source, major: Math.floor(number / 10_000), bytes: Number(bytes) }
  const where = schemas.length > 0 ? `schemas ${schemas.join(', ')} of ` : ''
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `there is no table in ${where}${source.name} (${database.place}), so a backup would hold nothing; is it the right database?`,
  )
}

interface Row extends Omit<Source, 'major' | 'bytes'> {
  number: number
  bytes: string
}

const SOURCE = `
SELECT d.oid::text AS oid, d.datname AS name, current_setting('server_version') AS version,
  current_setting('server_version_num')::int AS number, pg_database_size(d.oid)::text AS bytes,
  (SELECT count(*)::int FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND (cardinality($1::text[]) = 0 OR n.nspname = ANY ($1::text[]))
      AND NOT EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = c.oid AND p.deptype = 'e')) AS tables
FROM pg_database d WHERE d.datname = current_database()`
