import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NativeConnection } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { RunbookDocument } from '../../activities/runbook.ts'
import { DrillsDocument, type DrillStarted } from '../../api/schemas/drills.ts'
import { Configuration } from '../../model/configuration.ts'
import type { DrillResult } from '../../model/drill/result.ts'
import { claimPort, releasePort } from '../../tools/process/ports.ts'
import { type PostgresServer, startPostgres } from '../../tools/postgres/server.ts'
import { createWorker } from '../../worker/run.ts'
import { type OpenApi, openApi } from '../api/open.ts'
import { archiving, type PostgresStore, postgresStore } from '../rds-model/store.ts'
import { workflowBundle } from '../support/bundle.ts'
import { publicKey } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { openRdsGround, type RdsGround } from '../targets/rds-ground.ts'

const LIMIT = 300_000
const PASSWORD = 'UNWIND_DRILL_SUPERUSER'
const QUEUE = 'drills-of-rds'

let ground: RdsGround
let source: PostgresServer
let restored: PostgresStore
let port = 0
let api: OpenApi
let folder: string
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-drills-of-rds-'))
  ground = await openRdsGround()
  source = await startPostgres({ settings: archiving })
  process.env[PASSWORD] = source.password
  await source.sql('CREATE TABLE orders (id int)')
  port = await claimPort()
  restored = await postgresStore(source, port)
  await source.sql('INSERT INTO orders SELECT generate_series(1, 100)')
  const configuration = configurationOf(port)
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') })
  const worker = await createWorker({
    ...{ configuration, connection, namespace: 'default', verifyKeys: [publicKey] },
    workflowBundle: await workflowBundle(),
    options: { shutdownGraceTime: 0 },
  })
  const running = worker.run()
  api = openApi({ address: inject('temporalAddress'), configuration, runbooks })
  closing.push(
    () => api.close(),
    async () => {
      worker.shutdown()
      await running
      await connection.close()
    },
  )
}, LIMIT)
afterAll(async () => {
  for (const close of closing) await close()
  await ground?.close()
  await source?.stop()
  if (port) releasePort(port)
  delete process.env[PASSWORD]
  await rm(folder, { recursive: true, force: true })
}, LIMIT)

function configurationOf(port: number): Configuration {
  const { name: region, account } = ground.model.region
  return Configuration.parse({
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { test: { aws: 'aws' } },
    connections: {
      aws: { kind: 'aws', environment: 'test', region, account, endpoint: ground.model.url, poll: '50ms' },
      restored: { kind: 'postgres', environment: 'test', host: '127.0.0.1', port, database: 'postgres', tls: 'off' },
    },
    worker: {
      credentials: { aws: { profile: 'writer' }, restored: { user: 'postgres', passwordVariable: PASSWORD } },
    },
    archive: { folder },
    temporal: { taskQueue: QUEUE },
  })
}

const runbooks = async () =>
  new Map(
    Object.entries({ shop: 100, zone: 100, wrong: 101 }).map(([name, rows]) => {
      const runbook = RunbookDocument.parse({
        apiVersion: 'unwind/v1',
        kind: 'Runbook',
        metadata: { name, service: name },
        steps: [
          { id: 'copy', kind: 'rds-snapshot', instance: name, name: `${name}-before` },
          {
            id: 'restore',
            kind: 'rds-restore',
            instance: name,
            at: 'latest',
            as: `${name}-next`,
            quarantine: ['sg-quarantine'],
          },
          {
            ...{ id: 'valid', kind: 'check', within: '20s', every: '1s', consecutive: 2 },
            all: [{ postgres: 'restored', rows: { table: 'orders', atLeast: rows } }],
          },
          { id: 'promote', kind: 'rds-promote', instance: name, candidate: { ref: 'restore.resourceId' } },
        ],
      })
      return [name, { runbook, revision: '1'.repeat(64), source: `${name}.yaml`, reviewed: true }] as const
    }),
  )

/** Drills the runbook of that name to its end, and answers the result with what the model was asked to change. */
async function drill(name: string): Promise<{ result: DrillResult; calls: string[] }> {
  const before = ground.model.calls.length
  const started = await api.call<DrillStarted>('POST', '/v1/drills', { runbook: name, environment: 'test' })
  expect(started).toMatchObject({ status: 202 })
  const { body } = await until(
    () => api.call<DrillsDocument>('GET', `/v1/drills/test/${name}`),
    (answer) => answer.body.results?.length === 1 && !answer.body.running,
    (answer) => JSON.stringify(answer?.body),
    LIMIT,
  )
  const [result] = DrillsDocument.strict().parse(body).results
  if (!result) throw new Error('a drill that has ended has a result')
  return { result, calls: ground.model.calls.slice(before) }
}

/** What there is in the region, and what of it a drill may not change. */
function standing() {
  const { region } = ground.model
  region.advance()
  const instances = region.instances.map(({ identifier, resourceId, settings, tags }) => {
    return { identifier, resourceId, settings: { ...settings }, tags: [...tags] }
  })
  return { instances, snapshots: region.snapshots.map(({ id }) => id) }
}

test(
  'a drill of RDS takes a snapshot, restores in quarantine, reads the restored rows, and leaves nothing of it',
  async () => {
    ground.model.region.put('shop', { MultiAZ: true, DeletionProtection: true }, { team: 'payments' }).store = restored
    const before = standing()
    const { result, calls } = await drill('shop')
    expect(result).toMatchObject({
      passed: true,
      runbook: 'shop',
      steps: [
        { id: 'copy', took: expect.any(Number), seen: expect.stringMatching(/^snapshot shop-pre-.* is available$/) },
        { id: 'restore', took: expect.any(Number), seen: expect.stringContaining('is in quarantine') },
        { id: 'valid', seen: expect.any(String) },
      ],
    })
    expect(result).not.toHaveProperty('left')
    expect(standing()).toEqual(before)
    expect(restored.servers).toHaveLength(1)
    const run = /^CreateDBSnapshot shop → shop-pre-([0-9a-f]+) → 200$/.exec(calls[0] ?? '')?.[1]
    const own = [`shop-pre-${run}`, `shop-rb-${run}`]
    for (const call of calls.slice(1))
      expect(
        own.some((name) => call.includes(name)),
        call,
      ).toBe(true)
    expect(calls.filter((call) => call.startsWith('Delete'))).toEqual([
      `DeleteDBInstance shop-rb-${run} → 200`,
      `DeleteDBSnapshot shop-pre-${run} → 200`,
    ])
    const plan = await api.call<{ lastDrill: unknown }>('POST', '/v1/plans', {
      ...{ service: 'shop', environment: 'test', reason: 'why' },
      steps: [{ kind: 'rds-restore', instance: 'shop', at: 'latest', quarantine: ['sg-quarantine'] }],
    })
    expect(plan.body.lastDrill).toEqual({ at: result.startedAt + result.took, took: result.took })
  },
  LIMIT,
)

test(
  'where a snapshot would hold up whoever the instance serves, the drill leaves it out and restores all the same',
  async () => {
    ground.model.region.put('zone', { MultiAZ: false }).store = restored
    const before = standing()
    const { result, calls } = await drill('zone')
    expect(result).toMatchObject({ passed: true })
    expect(standing()).toEqual(before)
    expect(calls.filter((call) => /Snapshot/.test(call))).toEqual([])
  },
  LIMIT,
)

test(
  'a restored database that lacks rows fails the drill, which says so and leaves nothing either',
  async () => {
    ground.model.region.put('wrong', { MultiAZ: true }).store = restored
    const before = standing()
    const { result } = await drill('wrong')
    expect(result).toMatchObject({ passed: false, problem: { code: 'VERIFY_FAILED' } })
    expect(standing()).toEqual(before)
    expect((await api.call<DrillsDocument>('GET', '/v1/drills/test/wrong')).body.last).toBeNull()
  },
  LIMIT,
)
