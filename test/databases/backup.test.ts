import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChildCall } from '../support/conformance-kill.ts'
import { connectPostgres } from '../../activities/postgres/connect.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { until } from '../support/until.ts'
import { backup, backupFixture, target, workerOf } from './backup-fixture.ts'
import { openPostgresLab, type PostgresLab } from './postgres-lab.ts'

let lab: PostgresLab
let worker: { backups: string; programs: string }
beforeAll(async () => {
  lab = await openPostgresLab()
  worker = await workerOf(lab)
})
afterAll(() => lab?.close())

const NOT_HELD = 'pg_dump writes the backup, not a request that a proxy could hold; killed for real below'
describeTarget('postgres-backup', () => backupFixture(lab), {
  'apply twice equals apply once': 'the database is not written at all; that one backup is made is shown below',
  'the move reversed restores exactly': 'a backup is kept: shown below',
  'promise 8, secrets are named, never carried: a canary appears in no state, diff, message or error':
    'its last line wants a move that is taken back to fail; searched for below',
  'owned by a reconciler is TARGET_OWNED, refused unless forced with a reason':
    'nothing takes back a file of the worker',
  'killed in mid-apply, a second apply finishes: the write had not reached the system': NOT_HELD,
  'killed in mid-apply, a second apply finishes: the write was done, its answer lost': NOT_HELD,
  'killed in mid-apply, a second apply finishes: the write arrives late, after the second': NOT_HELD,
})

const ROWS = 'CREATE TABLE t AS SELECT n, md5(random()::text) AS v FROM generate_series(1, 20000) n'

async function made(statements = ROWS, step = backup()) {
  const database = await lab.database(statements)
  const context = contextFor(await lab.connect(database, 'postgres', { worker }))
  const plan = await planOf(target, step, context)
  return { database, context, plan, step }
}

const filesOf = async (rollbackId: string) =>
  (await readdir(worker.backups)).filter((name) => name.includes(rollbackId))

describe('a backup is made once, is whole, and is kept', () => {
  it('it restores what was there, twice applied it is one, and taken back it stays', async () => {
    const { database, context, plan, step } = await made()
    expect(plan).toMatchObject({ reversible: true, changes: [{ path: 'backup' }] })
    const state = await applied(target, step, plan, context)
    expect(await applied(target, step, plan, context)).toEqual(state)
    expect(await verified(target, step, state, context)).toMatchObject({
      status: 'pass',
      evidence: { facts: { tables: 1 } },
    })
    expect(await filesOf(context.rollbackId)).toHaveLength(2)
    const file = String(state['file'])
    expect((await stat(file)).mode & 0o077).toBe(0)
    const before = await lab.server.sql('SELECT count(*), sum(n), min(v) FROM t', database)
    await lab.server.sql('DROP TABLE t', database)
    await applied(target, step, { from: state, to: plan.from }, context)
    const restore = spawn(join(worker.programs, 'pg_restore'), ['--dbname', lab.server.url(database), file])
    expect((await once(restore, 'exit'))[0]).toBe(0)
    expect(await lab.server.sql('SELECT count(*), sum(n), min(v) FROM t', database)).toBe(before)
  })

  it('a drill takes away the backup that it has made, whole or not, and no other', async () => {
    const { context, plan, step } = await made()
    const kept = await applied(target, step, plan, context)
    const drill = { ...contextFor(context.connection), drill: true as const }
    const state = await applied(target, step, plan, drill)
    await writeFile(`${String(state['file'])}.partial-of-a-killed-attempt`, 'half')
    expect(await verified(target, step, plan.from, drill)).toMatchObject({ status: 'fail' })
    for (const _twice of [1, 2]) await applied(target, step, { from: state, to: plan.from }, drill)
    expect(await filesOf(drill.rollbackId)).toEqual([])
    expect(await verified(target, step, plan.from, drill)).toMatchObject({ status: 'pass' })
    expect(await verified(target, step, kept, context)).toMatchObject({ status: 'pass' })
  })

  it('nothing that is said of one holds a value of a row, also where a right is missing', async () => {
    const statements = `CREATE TABLE t (v text DEFAULT 'canary-6'); INSERT INTO t VALUES ('canary-5')`
    const { database, context, plan, step } = await made(statements)
    const role = await lab.role(`blind_${database}`)
    const blind = contextFor(await lab.connect(database, role, { worker }))
    const error = await errorOf(() => applied(target, step, plan, blind))
    expect(error.code).toBe('TARGET_FORBIDDEN')
    const state = await applied(target, step, plan, context)
    const history = await target.history(target.schema.parse(step) as never, context)
    expect(history).toMatchObject([{ id: state['file'] }])
    const said = [plan, state, history, await verified(target, step, state, context), error.message, error.facts]
    expect(JSON.stringify(said)).not.toMatch(/canary/)
  })

  it('one that was cut short, changed or deleted fails', async () => {
    const { context, plan, step } = await made()
    const state = await applied(target, step, plan, context)
    const file = String(state['file'])
    await truncate(file, Number(state['bytes']) - 1)
    expect(await verified(target, step, state, context)).toMatchObject({ status: 'fail' })
    await writeFile(file, Buffer.alloc(Number(state['bytes'])))
    expect(await verified(target, step, state, context)).toMatchObject({ status: 'fail' })
  })

  it('killed -9 while it is written, a second apply finishes and leaves one backup and nothing half', async () => {
    const { database, context: other, plan, step } = await made()
    const connection = await connectPostgres({ ...lab.credentials(database), ...worker }, 'first')
    const context = { ...other, connection }
    const call: ChildCall = {
      module: fileURLToPath(new URL('../../activities/targets/postgres-backup/index.ts', import.meta.url)),
      exported: 'postgresBackup',
      credentials: { ...lab.credentials(database), ...worker },
      step,
      move: { from: plan.from, to: plan.to },
      rollbackId: context.rollbackId,
    }
    // While somebody holds the table, pg_dump waits for it in the middle of its work.
    const owner = await lab.guest(database, `owner_${database}`)
    await lab.server.sql(`ALTER TABLE t OWNER TO owner_${database}`, database)
    await owner.query('BEGIN; LOCK TABLE t')
    const script = fileURLToPath(new URL('../support/conformance-child.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(call)], { stdio: 'ignore' })
    const partials = async () => {
      const names = (await filesOf(context.rollbackId)).filter((name) => name.includes('.partial-'))
      return Promise.all(names.map(async (name) => (await stat(join(worker.backups, name))).size))
    }
    const dumps = (more = '') =>
      lab.server.sql(
        `SELECT count(*) FROM pg_stat_activity WHERE datname = '${database}' AND application_name = 'unwind' ${more}`,
      )
    await until(
      () => dumps(`AND wait_event_type = 'Lock'`),
      (count) => count === '1',
      (count) => `${count} dumps wait for the table`,
      100_000,
    )
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect((await partials()).length).toBe(1)
    await owner.query('ROLLBACK')
    expect(await verified(target, step, plan.to, context)).toMatchObject({ status: 'fail' })
    const state = await applied(target, step, plan, context)
    expect(await verified(target, step, state, context)).toMatchObject({ status: 'pass' })
    expect(await filesOf(context.rollbackId)).toHaveLength(2)
    await until(
      () => dumps(),
      (count) => count === '0',
      (count) => `${count} dumps still run`,
      30_000,
    )
  })

  it('one that is larger than allowed is given up and leaves nothing, and a missing folder or program is said in the plan', async () => {
    const random = `CREATE TABLE t AS SELECT md5(random()::text) || md5(random()::text) AS v FROM generate_series(1, 60000) n`
    const { database, context, plan, step } = await made(random, backup({ atMost: '1MiB' }))
    expect(plan.warnings).toMatchObject([{ code: 'BACKUP_MAY_NOT_FIT' }])
    expect(await errorOf(() => applied(target, step, plan, context))).toMatchObject({ code: 'TARGET_REJECTED' })
    expect(await filesOf(context.rollbackId)).toEqual([])
    const without = async (other: object) =>
      errorOf(async () =>
        planOf(target, step, contextFor(await lab.connect(database, 'postgres', { worker: { ...worker, ...other } }))),
      )
    expect(await without({ backups: undefined })).toMatchObject({ code: 'CONFIGURATION_INVALID' })
    expect(await without({ backups: '/nowhere/at/all' })).toMatchObject({ code: 'CONFIGURATION_INVALID' })
    expect((await without({ programs: '/nowhere' })).message).toMatch(/has no pg_dump/)
  })

  it('the password stands in no argument, and only chosen schemas are dumped', async () => {
    const statements = 'CREATE SCHEMA kept; CREATE TABLE kept.a AS SELECT 1 AS n; CREATE TABLE b AS SELECT 1 AS n'
    const { database, context, plan, step } = await made(statements, backup({ schemas: ['kept'] }))
    const owner = await lab.guest(database, `owner_${database}`)
    await lab.server.sql(
      `ALTER TABLE kept.a OWNER TO owner_${database}; GRANT USAGE ON SCHEMA kept TO owner_${database}`,
      database,
    )
    await owner.query('BEGIN; LOCK TABLE kept.a')
    const dumping = applied(target, step, plan, context)
    const lines = await until(
      async () => commandLines(),
      (all) => all.some((line) => line.includes('pg_dump') && line.includes('--no-password')),
      (all) => all?.join('\n') ?? '',
      20_000,
    )
    expect(lines.join('\n')).not.toContain(lab.server.password)
    await owner.query('ROLLBACK')
    expect(await dumping).toMatchObject({ tables: 1 })
  })
})

async function commandLines(): Promise<string[]> {
  const child = spawn('ps', ['-A', '-o', 'args='])
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(child, 'close')
  return Buffer.concat(chunks).toString('utf8').split('\n')
}
