import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { look } from '../../activities/checks/look.ts'
import { checks } from '../../activities/checks/registry.ts'
import { PostgresMeasurement } from '../../activities/checks/postgres/schema.ts'
import { Connections } from '../../activities/connections.ts'
import type { CheckCall } from '../../model/calls.ts'
import { Configuration } from '../../model/configuration.ts'
import type { Sample } from '../../model/measure.ts'
import { openPostgresLab, type PostgresLab } from './postgres-lab.ts'

const READER = 'unwind_reader'
const SHOP = `
CREATE EXTENSION citext;
CREATE TABLE customers (id serial PRIMARY KEY, email text NOT NULL);
CREATE TABLE "Orders" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customers, cents int NOT NULL,
  placed timestamptz NOT NULL);
CREATE TABLE knex_migrations (id serial, name text, batch int);
INSERT INTO customers (email) SELECT 'canary-' || n || '@example.test' FROM generate_series(1, 100) n;
INSERT INTO "Orders" (customer, cents, placed) SELECT n, CASE WHEN n % 2 = 0 THEN 5 ELSE -5 END, now() - n * interval '1 minute'
  FROM generate_series(1, 100) n;
INSERT INTO knex_migrations (name, batch) VALUES ('001_orders.js', 1), ('002_placed.js', 2);
CREATE TABLE hidden (n int);`

let lab: PostgresLab
let shop: string
beforeAll(async () => {
  lab = await openPostgresLab()
  shop = await lab.database(SHOP)
  await lab.role(READER)
  const text = await readFile(new URL('../../docs/rbac/postgres/reader.sql', import.meta.url), 'utf8')
  await lab.server.sql(text.replace(/^CREATE ROLE.*$/m, '').replaceAll(/\bshop\b/g, shop), shop)
  await lab.server.sql(`REVOKE ALL ON hidden FROM ${READER}`, shop)
})
afterAll(() => lab?.close())

/** One look, as a worker takes it: through the registry, with a connection of its own and the least rights. */
async function measured(fields: object, port = lab.server.port): Promise<Sample> {
  const { pin, ...credentials } = lab.credentials(shop, READER) as {
    pin: object
    user: string
    passwordVariable: string
  }
  const configuration = Configuration.parse({
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { test: {} },
    connections: { orders: { kind: 'postgres', environment: 'test', ...pin, port } },
    worker: { credentials: { orders: credentials } },
  })
  const spec = PostgresMeasurement.parse({ postgres: 'orders', ...fields })
  const measurements = [{ kind: 'postgres', title: 'orders', connection: 'orders', spec }]
  const check = { every: 200, within: 60_000, consecutive: 1, warmUp: 0, measurements }
  const call: CheckCall = {
    ...{ stepId: 'check', step: {}, connection: 'orders', rollbackId: 'none', service: 's', environment: 'test' },
    ...{ actor: 'alice', reason: 'a test', check, states: {}, since: Date.now(), limit: 60_000 },
  }
  const instruments = { configuration, connections: new Connections(configuration), targets: {}, checks }
  return look(call, instruments, AbortSignal.timeout(30_000))
}

const passes = async (fields: object) => expect(await measured(fields)).toMatchObject({ status: 'pass' })
const fails = async (fields: object, said: RegExp) => {
  const sample = await measured(fields)
  expect(sample).toMatchObject({ status: 'fail', evidence: { summary: expect.stringMatching(said) } })
  expect(JSON.stringify(sample)).not.toMatch(/canary/)
}

describe('a database is measured by a role that may only read', () => {
  it('rows: at least, at most, about with a tolerance, and those of a value', async () => {
    await passes({ rows: { table: 'Orders', atLeast: 100, atMost: 100 } })
    await passes({ rows: { table: 'public.Orders', about: 104, within: '5%' } })
    await fails({ rows: { table: 'Orders', about: 120, within: '5%' } }, /100 rows in Orders, wanted 114 to 126/)
    await passes({ rows: { table: 'Orders', where: { cents: -5 }, about: 50 } })
    await fails({ rows: { table: 'orders', atLeast: 1 } }, /relation "orders" does not exist/)
  })

  it('freshness: the newest is young enough, and nothing is younger than the time that was restored to', async () => {
    await passes({ fresh: { table: 'Orders', column: 'placed', within: '10m' } })
    await fails({ fresh: { table: 'Orders', column: 'placed', within: '10s' } }, /newest of Orders is /)
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString()
    await fails({ fresh: { table: 'Orders', column: 'placed', within: '24h', at: hourAgo } }, /nothing later/)
    await fails(
      { fresh: { table: 'knex_migrations', column: 'placed', within: '1h' } },
      /column "placed" does not exist/,
    )
  })

  it('a sentinel row is there once and holds its values, which are never shown', async () => {
    const where = { id: 7 }
    await passes({ row: { table: 'customers', where, holds: { email: 'canary-7@example.test' } } })
    await fails(
      { row: { table: 'customers', where, holds: { email: 'canary-8@example.test' } } },
      /holds others in email/,
    )
    await fails({ row: { table: 'customers', where: { id: 700 } } }, /no such row/)
    await fails({ row: { table: 'Orders', where: { cents: 5 } } }, /several rows/)
    await passes({ sum: { table: 'Orders', column: 'cents', is: 0 } })
    await fails({ sum: { table: 'Orders', column: 'cents', where: { cents: 5 }, is: 0 } }, /is 250, wanted 0/)
  })

  it('migrations and extensions are exactly those of the release', async () => {
    const [table, column] = ['knex_migrations', 'name']
    await passes({ migrations: { table, column, are: ['001_orders.js', '002_placed.js'] } })
    await fails({ migrations: { table, column, are: ['001_orders.js'] } }, /applied beside them: 002_placed\.js/)
    await fails(
      { migrations: { table, column, are: ['001_orders.js', '002_placed.js', '003.js'] } },
      /not applied: 003\.js/,
    )
    await passes({ extensions: { citext: '*', plpgsql: '1.0' } })
    await fails({ extensions: { citext: '0.1', postgis: '*' } }, /citext 1\.6, postgis missing/)
  })

  it('foreign keys and sequences hold until somebody goes round them', async () => {
    await passes({ foreignKeys: {} })
    await passes({ sequences: {} })
    const orphan = `INSERT INTO "Orders" (customer, cents, placed) VALUES (5000, 0, now() - interval '5 minutes')`
    await lab.server.sql(
      `SET session_replication_role = replica; ${orphan}; ALTER SEQUENCE customers_id_seq RESTART WITH 50`,
      shop,
    )
    await fails({ foreignKeys: {} }, /refer to nothing: Orders_customer_fkey of Orders/)
    await fails({ sequences: {} }, /behind their columns: customers_id_seq/)
  })
})

describe('what could not be measured never passes', () => {
  it('a server that does not answer is an error that is tried again, a missing right ends the check', async () => {
    expect(await measured({ rows: { table: 'Orders', atLeast: 1 } }, 1)).toMatchObject({ status: 'error' })
    await expect(measured({ rows: { table: 'hidden', atLeast: 0 } })).rejects.toMatchObject({
      code: 'TARGET_FORBIDDEN',
    })
  })

  it('a statement that takes too long, or waits for a lock, is no measurement', async () => {
    const owner = await lab.guest(shop, `owner_${shop}`)
    await lab.server.sql(`ALTER TABLE customers OWNER TO owner_${shop}`, shop)
    await owner.query('BEGIN; LOCK TABLE customers')
    const sample = await measured({ rows: { table: 'customers', atLeast: 1 }, timeout: '300ms' })
    expect(sample).toMatchObject({ status: 'error', evidence: { summary: expect.stringContaining('not measured') } })
    await owner.query('ROLLBACK')
  })

  it('another address is asked where the check names one, such as that of a restored copy', async () => {
    await passes({ rows: { table: 'customers', atLeast: 1 }, host: '127.0.0.1', port: lab.server.port })
    expect(await measured({ rows: { table: 'customers', atLeast: 1 }, port: 1 })).toMatchObject({ status: 'error' })
    const stranger = measured({ rows: { table: 'customers', atLeast: 1 }, host: '127.0.0.2' })
    await expect(stranger).rejects.toMatchObject({ code: 'TARGET_MISMATCH' })
  })

  it('a name is quoted as it is written, and a measurement names one thing', () => {
    const parse = (fields: object) => PostgresMeasurement.safeParse({ postgres: 'orders', ...fields }).success
    expect(parse({ rows: { table: 'a"; DROP TABLE b; --', atLeast: 1 } })).toBe(false)
    expect(parse({ rows: { table: 'a', atLeast: 1 }, foreignKeys: {} })).toBe(false)
    expect(parse({})).toBe(false)
  })
})
