import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { fileURLToPath } from 'node:url'
import { connectPostgres } from '../../activities/postgres/connect.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type MotoServer, startMoto } from '../../tools/moto/server.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import type { ChildCall } from '../support/conformance-kill.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { until } from '../support/until.ts'
import { backup, backupFixture, target } from './backup-fixture.ts'
import { openPostgresLab, type PostgresLab } from './postgres-lab.ts'

const BUCKET = 'unwind-backups'
const NEVER = 'pg_dump and the upload are no request that a proxy could hold; killed for real below'

let lab: PostgresLab
let moto: MotoServer
let s3: S3Client
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-8c2e')
  ;[lab, moto] = await Promise.all([openPostgresLab(), startMoto()])
  s3 = new S3Client({ endpoint: moto.url, region: 'us-east-1', forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await Promise.all([lab?.close(), moto?.stop()])
})

const worker = (bucket = BUCKET) => ({
  backups: { s3: { bucket, prefix: 'databases', region: 'us-east-1', endpoint: moto.url } },
  programs: lab.server.binDir,
})

describeTarget('postgres-backup in a bucket', () => backupFixture(lab, worker()), {
  'apply twice equals apply once': 'the database is not written at all; that one backup is made is shown below',
  'the move reversed restores exactly': 'a backup is kept: shown below',
  'promise 8, secrets are named, never carried: a canary appears in no state, diff, message or error':
    'its last line wants a move that is taken back to fail; searched for below',
  'owned by a reconciler is TARGET_OWNED, refused unless forced with a reason':
    'nothing takes back an object of a bucket',
  'killed in mid-apply, a second apply finishes: the write had not reached the system': NEVER,
  'killed in mid-apply, a second apply finishes: the write was done, its answer lost': NEVER,
  'killed in mid-apply, a second apply finishes: the write arrives late, after the second': NEVER,
})

/** Twenty thousand rows of random text: more than one part of an upload. */
const ROWS =
  'CREATE TABLE t AS SELECT n, (SELECT string_agg(md5(random()::text || n || i), $$$$) FROM generate_series(1, 40) i) AS v FROM generate_series(1, 20000) n'

async function made(statements = ROWS, step = backup()) {
  const database = await lab.database(statements)
  const context = contextFor(await lab.connect(database, 'postgres', { worker: worker() }))
  return { database, context, step, plan: await planOf(target, step, context) }
}

/** Keys of a run, and uploads of it that were begun and not ended. */
async function left(rollbackId: string): Promise<{ keys: string[]; uploads: number }> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))
  const keys = Contents.flatMap(({ Key = '' }) => (Key.includes(rollbackId) ? [Key] : []))
  return { keys, uploads: Uploads.filter(({ Key = '' }) => Key.includes(rollbackId)).length }
}

const keyOf = (file: unknown) => String(file).replace(`s3://${BUCKET}/`, '')

describe('a backup in a bucket is made once, is whole, and is kept', () => {
  it('it restores what was there, twice applied it is one, taken back it stays, and nothing said of it holds a secret', async () => {
    const { database, context, plan, step } = await made()
    const state = await applied(target, step, plan, context)
    expect(Number(state['bytes'])).toBeGreaterThan(8 * 1_024 ** 2)
    expect(await applied(target, step, plan, context)).toEqual(state)
    const verdict = await verified(target, step, state, context)
    expect(verdict).toMatchObject({ status: 'pass', evidence: { facts: { tables: 1 } } })
    expect(await left(context.rollbackId)).toMatchObject({ keys: { length: 2 }, uploads: 0 })
    const before = await lab.server.sql('SELECT count(*), sum(n), min(v) FROM t', database)
    await lab.server.sql('DROP TABLE t', database)
    await applied(target, step, { from: state, to: plan.from }, context)
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: keyOf(state['file']) }))
    const restore = spawn(join(lab.server.binDir, 'pg_restore'), ['--dbname', lab.server.url(database)])
    restore.stdin.end(Buffer.from((await Body?.transformToByteArray()) ?? []))
    expect((await once(restore, 'exit'))[0]).toBe(0)
    expect(await lab.server.sql('SELECT count(*), sum(n), min(v) FROM t', database)).toBe(before)
    const history = await target.history(target.schema.parse(step) as never, context)
    expect(history).toMatchObject([{ id: state['file'] }])
    expect(JSON.stringify([plan, state, verdict, history])).not.toContain('canary')
  })

  it('killed -9 while it is uploaded, nothing of it is seen, and a second apply finishes and leaves one', async () => {
    const { database, context: other, plan, step } = await made()
    const connection = await connectPostgres({ ...lab.credentials(database), ...worker() }, 'first')
    const context = { ...other, connection }
    const call: ChildCall = {
      module: fileURLToPath(new URL('../../activities/targets/postgres-backup/index.ts', import.meta.url)),
      exported: 'postgresBackup',
      credentials: { ...lab.credentials(database), ...worker() },
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
    await until(
      () => left(context.rollbackId),
      ({ uploads }) => uploads === 1,
      (seen) => `${seen?.uploads} uploads were begun`,
      100_000,
    )
    child.kill('SIGKILL')
    await once(child, 'exit')
    await owner.query('ROLLBACK')
    expect((await left(context.rollbackId)).keys).toEqual([])
    expect(await verified(target, step, plan.to, context)).toMatchObject({ status: 'fail' })
    const state = await applied(target, step, plan, context)
    expect(await verified(target, step, state, context)).toMatchObject({ status: 'pass' })
    expect(await left(context.rollbackId)).toMatchObject({ keys: { length: 2 }, uploads: 0 })
  })

  it('one that was changed fails, one that is larger than allowed leaves nothing, and a drill takes away its own', async () => {
    const { context, plan, step } = await made()
    const drill = { ...contextFor(context.connection), drill: true as const }
    const own = await applied(target, step, plan, drill)
    expect(await verified(target, step, plan.from, drill)).toMatchObject({ status: 'fail' })
    for (const _twice of [1, 2]) await applied(target, step, { from: own, to: plan.from }, drill)
    expect(await left(drill.rollbackId)).toEqual({ keys: [], uploads: 0 })
    expect(await verified(target, step, plan.from, drill)).toMatchObject({ status: 'pass' })
    const small = backup({ atMost: '1MiB' })
    expect(await errorOf(() => applied(target, small, plan, context))).toMatchObject({ code: 'TARGET_REJECTED' })
    expect(await left(context.rollbackId)).toEqual({ keys: [], uploads: 0 })
    const state = await applied(target, step, plan, context)
    const changed = { Bucket: BUCKET, Key: keyOf(state['file']), Body: 'something else' }
    await s3.send(new PutObjectCommand(changed))
    expect(await verified(target, step, state, context)).toMatchObject({ status: 'fail' })
  })

  it('a bucket that is not there is said in the plan', async () => {
    const database = await lab.database(ROWS)
    const none = contextFor(await lab.connect(database, 'postgres', { worker: worker('nowhere-at-all') }))
    const error = await errorOf(() => planOf(target, backup(), none))
    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID' })
    expect(error.message).toContain('s3://nowhere-at-all/databases')
  })
})
