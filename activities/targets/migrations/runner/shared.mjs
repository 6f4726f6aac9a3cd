import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Finds packages as the release's own code would. */
export function packagesOf(root) {
  return createRequire(join(root, 'package.json'))
}

/** How to reach the database: from libpq's variables, which `pg` reads in part only; `limits.statement` in ms. */
export function connection(limits) {
  const { PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE, PGSSLROOTCERT } = process.env
  const ca = PGSSLROOTCERT ? { ca: readFileSync(PGSSLROOTCERT, 'utf8') } : {}
  return {
    host: PGHOST,
    port: Number(PGPORT),
    database: PGDATABASE,
    user: PGUSER,
    password: PGPASSWORD,
    ssl: PGSSLMODE === 'disable' ? false : { rejectUnauthorized: true, ...ca },
    application_name: 'unwind migrations',
    statement_timeout: Number(limits.statement),
  }
}

/** A migration's module, whichever way it exports. */
export async function load(path) {
  const module = await import(pathToFileURL(path).href)
  return module.default?.up || module.default?.down ? module.default : module
}

/** What a migration would run: each statement as text, and whether it asked the database something first. */
export class Tape {
  statements = []
  asked = false

  record(sql, values) {
    const text = String(sql).trim()
    if (text === '' || /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|START TRANSACTION)\b/i.test(text)) return
    if (/^(SELECT|SHOW|WITH|EXPLAIN)\b/i.test(text)) this.asked = true
    this.statements.push(values?.length ? { text, values: values.length } : { text })
  }
}

/** Everything that is locked below is locked for this database by one number; a transaction holds it. */
export const LOCK = 'SELECT pg_try_advisory_xact_lock(7305809221)  AS held'

export class Held extends Error {
  name = 'MigrationLocked'
  code = 'UNWIND_LOCKED'
}

/** Thrown where the table is not as it was when the caller looked: somebody migrated meanwhile. */
export class Moved extends Error {
  name = 'Moved'
  code = 'UNWIND_MOVED'
}
