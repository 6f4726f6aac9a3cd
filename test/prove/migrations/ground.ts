import { createHash } from 'node:crypto'
import { type MigrationsLab, type Tool, UP, type Written } from '../../databases/migrations-lab.ts'

/** Databases as a tool's own command left them: each made once, and copied for every history that begins so. */
export interface Ground {
  /** Writes a release's files, once, and answers its name. */
  release: (files: readonly Written[]) => Promise<string>
  /** A new database on which these releases were deployed one after the other. */
  deployed: (chain: readonly Written[][]) => Promise<string>
  copy: (database: string) => Promise<string>
  /** What the schema and the tool's table hold, as one line. */
  look: (database: string) => Promise<string>
  drop: (database: string) => Promise<void>
}

export function openGround(lab: MigrationsLab, tool: Tool): Ground {
  const { server } = lab.postgres
  const releases = new Map<string, Promise<string>>()
  const bases = new Map<string, Promise<string>>()
  let count = 0
  const copy = async (from: string) => {
    const name = `${tool}_${++count}`
    await server.sql(`CREATE DATABASE ${name} TEMPLATE ${from}`)
    return name
  }
  const release = (files: readonly Written[]) =>
    once(releases, key(files), async () => {
      const name = `${tool}-${key(files)}`
      await lab.release(name, tool, files)
      return name
    })
  const base = (chain: readonly Written[][]): Promise<string> =>
    once(bases, key(chain), async () => {
      const last = chain.at(-1)
      if (!last) return 'template1'
      const database = await copy(await base(chain.slice(0, -1)))
      await lab.byHand(await release(last), tool, database, UP[tool])
      return database
    })
  return {
    release,
    copy,
    deployed: async (chain) => copy(await base(chain)),
    look: (database) => look(lab, tool, database),
    drop: async (database) => void (await server.sql(`DROP DATABASE ${database} WITH (FORCE)`)),
  }
}

function once(made: Map<string, Promise<string>>, name: string, make: () => Promise<string>): Promise<string> {
  const known = made.get(name) ?? make()
  made.set(name, known)
  return known
}

function key(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)
}

const NAMES: Readonly<Record<Tool, string>> = {
  knex: 'SELECT name FROM knex_migrations',
  sequelize: 'SELECT name FROM "SequelizeMeta"',
  umzug: 'SELECT name FROM "SequelizeMeta"',
  umzug2: 'SELECT name FROM "SequelizeMeta"',
  prisma:
    'SELECT migration_name AS name FROM _prisma_migrations WHERE rolled_back_at IS NULL AND finished_at IS NOT NULL',
}

async function look({ postgres }: MigrationsLab, tool: Tool, database: string): Promise<string> {
  const all = await postgres.server.sql(
    `SELECT string_agg(what, ' ' ORDER BY what COLLATE "C") FROM (
       SELECT c.relname || coalesce('.' || a.attname || ':' || format_type(a.atttypid, a.atttypmod), '') AS what FROM pg_class c
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relnamespace = 'public'::regnamespace AND c.relname ~ '^[ti]_'
       UNION ALL SELECT '[' || name || ']' FROM (${NAMES[tool]}) AS applied) AS everything`,
    database,
  )
  return all.trim()
}
