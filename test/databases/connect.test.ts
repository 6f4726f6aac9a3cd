import { chmod, chown, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectPostgres, type Database } from '../../activities/postgres/connect.ts'
import { errors, type UnwindError } from '../../model/errors.ts'
import { createAuthority } from '../../tools/kubernetes/certificates.ts'
import { type PostgresServer, startPostgres } from '../../tools/postgres/server.ts'
import { until } from '../../tools/wait.ts'

const PASSWORD = 'canary pass/word?#&'
const { signal } = new AbortController()
const variable = 'UNWIND_TEST_PASSWORD'

let server: PostgresServer
beforeAll(async () => {
  process.env[variable] = PASSWORD
  server = await startPostgres()
  await server.sql(`CREATE ROLE app LOGIN PASSWORD '${PASSWORD}'`)
  await server.sql('CREATE DATABASE "shop & co"')
  await server.sql('CREATE TABLE secret (code int); INSERT INTO secret VALUES (1)', 'shop & co')
})
afterAll(() => server?.stop())

function open(more: object = {}, credentials: object = {}): Promise<Database> {
  const pin = { host: '127.0.0.1', port: server.port, database: 'shop & co', tls: 'off', ...more }
  return connectPostgres({ user: 'app', passwordVariable: variable, ...credentials, pin }, 'orders')
}

/** The error of a session, whose every word and cause is searched for the password. */
async function refusal(database: Promise<Database>, work = 'SELECT 1'): Promise<UnwindError> {
  const error = await database
    .then((one) => one.session(signal, (session) => session.rows('count the orders', work)))
    .then(
      () => Promise.reject(new Error('it was not refused')),
      (cause: UnwindError) => cause,
    )
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    expect(`${cause.message}${cause.stack}${JSON.stringify(cause)}`).not.toMatch(/canary/)
  return error
}

test('a session answers rows, and its transaction is taken back when its work throws', async () => {
  const database = await open({}, { user: 'postgres', passwordVariable: 'UNWIND_TEST_SUPERUSER' })
  process.env['UNWIND_TEST_SUPERUSER'] = server.password
  const left = await database.session(signal, async (session) => {
    const stopped = session.transaction(async () => {
      await session.rows('add a row', 'INSERT INTO secret VALUES (2)')
      throw new Error('on purpose')
    })
    await expect(stopped).rejects.toThrow('on purpose')
    return session.rows<{ code: number }>('read', 'SELECT code FROM secret WHERE code = $1 OR code = 2', [1])
  })
  expect(left).toEqual([{ code: 1 }])
})

test('what goes wrong is told in words of the table, without a password', async () => {
  process.env['UNWIND_TEST_WRONG'] = 'canary-wrong'
  expect(await refusal(open({}, { passwordVariable: 'UNWIND_TEST_WRONG' }))).toMatchObject({ code: 'TARGET_FORBIDDEN' })
  expect(await refusal(open({ database: 'nowhere' }))).toMatchObject({ code: 'TARGET_NOT_FOUND' })
  expect(await refusal(open({ port: 1 }))).toMatchObject({ code: 'TARGET_UNREACHABLE' })
  expect(await refusal(open({ host: 'nowhere.invalid' }))).toMatchObject({ code: 'TARGET_UNREACHABLE' })
  expect(await refusal(open({ tls: 'verify' }))).toMatchObject({ code: 'TARGET_MISMATCH' })
  expect(await refusal(open({ systemIdentifier: '42' }))).toMatchObject({ code: 'TARGET_MISMATCH' })
  expect(await refusal(open({}, { passwordVariable: 'NOT_THERE' }))).toMatchObject({ code: 'CONFIGURATION_INVALID' })
  const denied = await refusal(open(), 'SELECT * FROM secret')
  expect(denied).toMatchObject({ code: 'TARGET_FORBIDDEN' })
  expect(denied.message).toMatch(/may not count the orders: permission denied for table secret; .*docs\/rbac/)
  const data = await refusal(open(), `SELECT 'canary-value'::int`)
  expect(data).toMatchObject({ code: 'TARGET_REJECTED' })
})

test('a server that is down, or killed under a session, is unreachable, and retrying finds it again', async () => {
  const database = await open()
  const cut = database.session(signal, async (session) => {
    await server.restart()
    return session.rows('count', 'SELECT 1')
  })
  await expect(cut).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
  expect(errors.TARGET_UNREACHABLE.retryable).toBe(true)
  expect(await database.session(signal, (session) => session.rows('count', 'SELECT 1 AS one'))).toEqual([{ one: 1 }])
})

test('an aborted call ends its statement on the server, and a lock is not waited for beyond its limit', async () => {
  const stop = new AbortController()
  const database = await open()
  const sleeping = database.session(stop.signal, (session) => session.rows('sleep', 'SELECT pg_sleep(60)'))
  const asleep = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
  await until('it to sleep', async () => (await server.sql(asleep)) === '1', { within: 10_000 })
  stop.abort(new Error('cancelled'))
  await expect(sleeping).rejects.toThrow('cancelled')
  const waiting = database.session(signal, async (holder) => {
    await holder.rows('lock', 'SELECT pg_advisory_lock(7)')
    const other = (session: { rows: typeof holder.rows }) => session.rows('lock', 'SELECT pg_advisory_lock(7)')
    return database.session(signal, other, { lockLimit: 200 })
  })
  await expect(waiting).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', facts: { sqlstate: '55P03' } })
})

test('one database has one identity under any name, and a certificate must be good for it', async () => {
  const authority = createAuthority('databases')
  const issued = authority.issue({ commonName: 'db', addresses: ['127.0.0.1'] })
  const { uid, gid } = await stat(server.folder)
  const files = { 'server.crt': issued.certificate, 'server.key': issued.key, 'ca.pem': authority.certificate }
  for (const [name, text] of Object.entries(files)) {
    const path = join(server.folder, name)
    await writeFile(path, text)
    await chmod(path, 0o600)
    if (process.getuid?.() === 0) await chown(path, uid, gid)
  }
  const on = [
    'ssl = on',
    `ssl_cert_file = '${server.folder}/server.crt'`,
    `ssl_key_file = '${server.folder}/server.key'`,
  ]
  for (const setting of on) await server.sql(`ALTER SYSTEM SET ${setting}`)
  await server.restart()
  const ca = join(server.folder, 'ca.pem')
  const secured = await open({ tls: 'verify' }, { ca })
  const encrypted = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
  expect(await secured.session(signal, (session) => session.rows('look', encrypted))).toEqual([{ ssl: true }])
  const identity = await secured.identity(signal)
  expect(identity).toMatch(/^\d+\/shop & co$/)
  expect(await (await open({ host: 'localhost' })).identity(signal)).toBe(identity)
  expect(await refusal(open({ tls: 'verify' }))).toMatchObject({ code: 'TARGET_MISMATCH' })
  expect(await refusal(open({ tls: 'verify', host: 'localhost' }, { ca }))).toMatchObject({ code: 'TARGET_MISMATCH' })
})
