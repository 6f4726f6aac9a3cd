import { migrations } from '../../activities/targets/migrations/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startPostgresProxy } from '../support/postgres-proxy.ts'
import { closedPort } from './around.ts'
import { fileOf, MODULE, type MigrationsLab, type Tool } from './migrations-lab.ts'

/** The target, with its own types dropped as the engine drops them. */
export const target = migrations as unknown as Target

const READER = 'unwind_migrations_reader'

/** Two releases per subject, in tables of their own, on one database of a real server. */
export async function migrationsFixture(lab: MigrationsLab, tool: Extract<Tool, 'knex' | 'prisma'>): Promise<Fixture> {
  const { server } = lab.postgres
  const database = await lab.postgres.database()
  await lab.postgres.role(READER)
  await server.sql(`ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${READER}`, database)
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
    owned: async () => {
      const { step } = await arrange()
      await server.sql(`UPDATE ${step['table'] as string}_lock SET is_locked = 1`, database)
      return { step, forced: { force: { reason: 'its process was killed' } } }
    },
    forbidden: async () => ({
      connection: await lab.connect(database, READER),
      right: /permission denied for table \w+.*docs\/rbac\/migrations/,
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
  const names = all.map(({ name }) => `('${fileOf(name)}', 1, now())`)
  if (tool === 'knex')
    await server.sql(
      `CREATE TABLE ${table} (id serial PRIMARY KEY, name varchar(255), batch int, migration_time timestamptz);
       INSERT INTO ${table} (name, batch, migration_time) VALUES ${names.join(', ')};
       CREATE TABLE ${table}_lock (index serial PRIMARY KEY, is_locked int); INSERT INTO ${table}_lock (is_locked) VALUES (0)`,
      database,
    )
}

function subject(lab: MigrationsLab, tool: Tool, database: string, mark: string): Subject {
  const sql = (text: string) => lab.postgres.server.sql(text, database)
  const table = `done_${mark}`
  return {
    step: { kind: 'migrations', tool, leaving: `v2-${mark}`, target: `v1-${mark}`, strategy: 'undo-migrations', table },
    read: async () => ({
      columns: await sql(
        `SELECT attname FROM pg_attribute WHERE attrelid = 'orders_${mark}'::regclass AND attnum > 0 ORDER BY attnum`,
      ),
      rows: await sql(`SELECT count(*) FROM orders_${mark}`),
      names: await sql(`SELECT name FROM ${table} ORDER BY id`),
    }),
    version: () =>
      sql(
        `SELECT ctid, xmin FROM ${table} UNION ALL SELECT ctid, xmin FROM ${table}_lock UNION ALL SELECT ctid, xmin FROM orders_${mark} ORDER BY 1`,
      ),
    elsewhere: async () => {
      await sql(`INSERT INTO ${table} (name, batch, migration_time) VALUES ('9_other.js', 2, now())`)
    },
    irrelevant: async () => {
      await sql(`INSERT INTO orders_${mark} VALUES (7, 'kept')`)
      return async () => (await sql(`SELECT count(*) FROM orders_${mark} WHERE id = 7`)) === '1'
    },
  }
}
