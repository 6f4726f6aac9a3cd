import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { findPostgres } from '../../tools/postgres/find.ts'
import { type PostgresOptions, startPostgres } from '../../tools/postgres/server.ts'
import { until } from '../../tools/wait.ts'

async function started(options: PostgresOptions = {}) {
  const server = await startPostgres(options)
  onTestFinished(() => server.stop())
  return server
}

async function ask(connectionString: string, query: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(query)).rows
  } finally {
    await client.end()
  }
}

test('killed -9 with a busy backend and restarted, it still has what it had committed', async () => {
  const server = await started()
  await server.sql('CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)')
  const busy = server.sql('SELECT sum(a * b) FROM generate_series(1, 100000) a, generate_series(1, 100000) b')
  const ended = expect(busy).rejects.toThrow()
  const running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT sum%' AND state = 'active'"
  await until('the backend to be busy', async () => (await server.sql(running)) === '1', { within: 10_000 })
  const { pid } = server
  await server.restart()
  await ended
  expect(server.pid).not.toBe(pid)
  expect(await server.sql('SELECT id FROM kept')).toBe('7')
})

test('roles prove themselves over TCP, and an error of SQL is an error', async () => {
  const [one, other] = await Promise.all([started(), started()])
  await one.sql("CREATE ROLE app LOGIN PASSWORD 'right'; ")
  await one.sql('CREATE DATABASE shop OWNER app')
  const whoami = 'SELECT current_user AS name, current_database() AS database'
  expect(await ask(one.url('shop', 'app', 'right'), whoami)).toEqual([{ name: 'app', database: 'shop' }])
  await expect(ask(one.url('shop', 'app', 'wrong'), whoami)).rejects.toMatchObject({ code: '28P01' })
  await expect(ask(other.url('shop', 'app', 'right'), whoami)).rejects.toMatchObject({ code: '28P01' })
  await expect(one.sql('SELECT 1; SELECT nonsense; SELECT 2')).rejects.toThrow(/nonsense/)
})

test('recovers to a moment from a base backup and archived WAL, on another server', async () => {
  const server = await started({
    settings: (folder) => ({
      archive_mode: 'on',
      archive_command: `mkdir -p ${folder}/archive && cp %p ${folder}/archive/%f`,
    }),
  })
  await server.sql('CREATE TABLE orders (id int)')
  const backup = await server.baseBackup('backup')
  await server.sql('INSERT INTO orders VALUES (1), (2)')
  const moment = await server.sql('SELECT clock_timestamp()')
  await server.sql('DELETE FROM orders')
  await server.shutDown()
  const restore = (action: string) =>
    started({
      recovery: {
        backup,
        password: server.password,
        settings: {
          restore_command: `cp ${server.folder}/archive/%f %p`,
          recovery_target_time: moment,
          recovery_target_action: action,
        },
      },
    })
  const [promoted, paused] = await Promise.all([restore('promote'), restore('pause')])
  expect(await promoted.sql('INSERT INTO orders VALUES (3); SELECT count(*) FROM orders')).toBe('3')
  await expect(paused.sql('INSERT INTO orders VALUES (3)')).rejects.toThrow(/read-only transaction/)
  await promoted.restart()
  expect(await promoted.sql('SELECT count(*) FROM orders')).toBe('3')
  await server.restart()
  expect(await server.sql('SELECT count(*) FROM orders')).toBe('0')
})

test('the programs of its version are beside it', async () => {
  const server = await started()
  expect(server.binDir).toBe(await findPostgres())
  expect((await server.program('pg_dump', ['--version'])).stdout).toMatch(/PostgreSQL\) 15\./)
  expect((await server.program('pg_dump', ['--schema-only', 'postgres'])).stdout).toContain('PostgreSQL database dump')
})
