import { sha256 } from '../../activities/targets/migrations/files.ts'
import { migrations } from '../../activities/targets/migrations/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startPostgresProxy } from '../support/postgres-proxy.ts'
import { closedPort } from './around.ts'
import { fileOf, MODULE, type MigrationsLab, type Tool } from './migrations-lab.ts'

/** The target, with its own types dropped as the engine drops them. */
export const target = migrations as unknown as Target

const READER = 'unwind_migrations_reader_of'

/** Two releases per subject, in tables of their own, on one database of a real server. */
export async function migrationsFixture(lab: MigrationsLab, tool: Tool): Promise<Fixture> {
  const { server } = lab.postgres
  const database = await lab.postgres.database()
  const reader = await lab.postgres.role(`${READER}_${tool}`)
  await server.sql(`ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${reader}`, database)
  const connection = await lab.connect(database)
  let count = 0
  const arrange = async (canary = ''): Promise<Subject> => {
    const mark = `${tool}_${++count}`
    const first = {
      name: `1_first_${mark}`,
      up: `CREATE TABLE orders_${mark} (id int, note text)`,
      down: `DROP TABLE orders_${mark}`,
    }
    const rows = canary ? `; INSERT INTO orders_${mark} VALUES (1, '${canary}')` : ''
    const unrows = canary ? `DELETE FROM orders_${mark} WHERE note = '${canary}'; ` : ''
    const second = {
      name: `2_second_${mark}`,
      up: `ALTER TABLE orders_${mark} RENAME COLUMN note TO remark${rows.replace('note', 'remark')}`,
      down: `${unrows.replace('note', 'remark')}ALTER TABLE orders_${mark} RENAME COLUMN remark TO note`,
    }
    await lab.release(`v1-${mark}`, tool, [first])
    await lab.release(`v2-${mark}`, tool, [first, second])
    await recorded(lab, tool, database, mark, [first, second])
    return subject(lab, tool, database, mark)
  }
  return {
    target,
    connection,
    arrange: () => arrange(),
    empty: async () => {
      const { step } = await arrange()
      return { step: { ...step, target: step['leaving'] } }
    },
    // Of these tools only Knex has a lock that outlives its process; what a living one holds is waited for.
    owned: async () => {
      const { step } = await arrange()
      if (tool !== 'knex') return { step }
      await server.sql(`UPDATE ${step['table'] as string}_lock SET is_locked = 1`, database)
      return { step, forced: { force: { reason: 'its process was killed' } } }
    },
    forbidden: async () => ({
      connection: await lab.connect(database, reader),
      right: /(?:permission denied for|must be owner of) table \w+.*docs\/rbac\/migrations/,
    }),
    unreachable: async () => lab.connect(database, 'postgres', { port: await closedPort() }),
    secret: async () => {
      const canaries = ['canary-in-row-5', server.password]
      return { subject: await arrange(canaries[0]), canaries }
    },
    proxied: async () => {
      const proxy = await startPostgresProxy({
        port: server.port,
        isWrite: (text) => /^\s*(?:alter|delete|update|insert)/i.test(text),
      })
      const credentials = lab.credentials(database, 'postgres', { port: Number(new URL(proxy.url).port) })
      return { proxy, credentials, module: MODULE, exported: 'migrations' }
    },
  }
}

/** Applies them as the tool would, into a table of the subject's own. */
async function recorded(
  lab: MigrationsLab,
  tool: Tool,
  database: string,
  mark: string,
  all: readonly { name: string; up: string }[],
) {
  const { server } = lab.postgres
  for (const { up } of all) await server.sql(up, database)
  const table = `done_${mark}`
  await server.sql(`CREATE TABLE ${table} (${COLUMNS[tool]})`, database)
  for (const { name, up } of all) await server.sql(rowOf(tool, table, name, up), database)
  if (tool === 'knex')
    await server.sql(
      `CREATE TABLE ${table}_lock (index serial PRIMARY KEY, is_locked int); INSERT INTO ${table}_lock (is_locked) VALUES (0)`,
      database,
    )
}

/** The tables as the tools make them. */
const COLUMNS: Readonly<Record<Tool, string>> = {
  knex: 'id serial PRIMARY KEY, name varchar(255), batch int, migration_time timestamptz',
  sequelize: 'name varchar(255) PRIMARY KEY',
  umzug: 'name varchar(255) PRIMARY KEY',
  umzug2: 'name varchar(255) PRIMARY KEY',
  prisma:
    'id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT clock_timestamp(), applied_steps_count int NOT NULL DEFAULT 0',
}

/** A row as if the tool had applied a migration of that name. */
export function rowOf(tool: Tool, table: string, name: string, up: string): string {
  if (tool === 'knex') return `INSERT INTO ${table} (name, batch, migration_time) VALUES ('${fileOf(name)}', 2, now())`
  if (tool === 'prisma')
    return `INSERT INTO ${table} (id, checksum, migration_name, finished_at, applied_steps_count) VALUES (gen_random_uuid(), '${sha256(up)}', '${name}', now(), 1)`
  return `INSERT INTO ${table} VALUES ('${fileOf(name)}')`
}

function subject(lab: MigrationsLab, tool: Tool, database: string, mark: string): Subject {
  const sql = (text: string) => lab.postgres.server.sql(text, database)
  const table = `done_${mark}`
  const tables = [table, `orders_${mark}`, ...(tool === 'knex' ? [`${table}_lock`] : [])]
  const names =
    tool === 'prisma'
      ? `SELECT migration_name FROM ${table} WHERE rolled_back_at IS NULL ORDER BY started_at`
      : `SELECT name FROM ${table} ORDER BY name`
  const named = tool === 'umzug2' ? 'umzug' : tool
  const releases = { leaving: `v2-${mark}`, target: `v1-${mark}` }
  return {
    step: { kind: 'migrations', tool: named, ...releases, strategy: 'undo-migrations', table },
    read: async () => ({
      columns: await sql(
        `SELECT attname FROM pg_attribute WHERE attrelid = 'orders_${mark}'::regclass AND attnum > 0 ORDER BY attnum`,
      ),
      rows: await sql(`SELECT count(*) FROM orders_${mark}`),
      names: await sql(names),
    }),
    version: () => sql(`${tables.map((one) => `SELECT ctid, xmin FROM ${one}`).join(' UNION ALL ')} ORDER BY 1`),
    elsewhere: async () => {
      await sql(rowOf(tool, table, '9_other', ''))
    },
    irrelevant: async () => {
      await sql(`INSERT INTO orders_${mark} VALUES (7, 'kept')`)
      return async () => (await sql(`SELECT count(*) FROM orders_${mark} WHERE id = 7`)) === '1'
    },
  }
}
