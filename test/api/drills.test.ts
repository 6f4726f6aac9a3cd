import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { DrillsDocument, DrillsStopped, DrillStarted } from '../../api/schemas/drills.ts'
import type { Runbook } from '../../model/runbook/document.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, openApi } from './open.ts'

let engine: Engine
let folder: string
let api: OpenApi
/** What the runbook's revision is now, and what its first step waits for while a drill is to last. */
let revision = '1'.repeat(64)
let holding: Promise<void> | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-drills-'))
  engine = await Engine.start({
    temporalAddress: inject('temporalAddress'),
    configuration: { archive: { folder } },
    wrap: (target) => ({
      ...target,
      verify: async (...call) => {
        await holding
        return target.verify(...call)
      },
    }),
  })
  engine.system.put('copy', 'none', 'before')
  engine.system.put('live', 'v1', 'v2')
  const { configuration } = engine
  api = openApi({ address: inject('temporalAddress'), configuration, runbooks, tokens })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  await rm(folder, { recursive: true, force: true })
})

const runbooks = async () => new Map([['shop', { ...shop, revision }]])
const tokens = [
  { text: 'all' },
  { text: 'reader', subject: 'eve', verbs: ['read' as const] },
  { text: 'elsewhere', subject: 'bob', environments: ['moon'] },
]

const shop = {
  runbook: {
    apiVersion: 'unwind/v1',
    kind: 'Runbook',
    metadata: { name: 'shop', service: 'shop-of-drills' },
    steps: [
      { kind: 'memory', object: 'copy', system: 'memory' },
      { kind: 'manual', text: 'Promote it' },
      { kind: 'memory', object: 'live', system: 'memory' },
    ],
  } as unknown as Runbook,
  ...{ revision: '1'.repeat(64), source: 'shop.yaml', reviewed: true },
} satisfies LoadedRunbook

const where = '/v1/drills/test/shop-of-drills'
const all = bearer('all')
const body = { runbook: 'shop', environment: 'test' }
const read = () => api.call<DrillsDocument>('GET', where, undefined, all)
const put = (every: string) => api.call<DrillsDocument>('PUT', `${where}/schedule`, { runbook: 'shop', every }, all)

function reads(enough: (document: DrillsDocument) => boolean) {
  return until(
    read,
    (answer) => answer.status === 200 && enough(answer.body),
    (answer) => JSON.stringify(answer?.body),
    60_000,
  )
}

test('a drill is started, ends by itself, and is read with its time; metrics tell when one last passed', async () => {
  expect((await read()).body).toEqual({ last: null, overdue: false, running: false, results: [] })
  const started = await api.call<DrillStarted>('POST', '/v1/drills', body, all)
  expect(started.status).toBe(202)
  expect(DrillStarted.strict().parse(started.body)).toMatchObject({ id: 'drill/test/shop-of-drills' })
  const { body: found } = await reads(({ results, running }) => results.length === 1 && !running)
  expect(DrillsDocument.strict().parse(found)).toEqual(found)
  expect(found).toMatchObject({
    last: { took: expect.any(Number) },
    results: [{ passed: true, runbook: 'shop', runId: started.body.runId, steps: [{ title: 'copy → previous' }] }],
  })
  expect(engine.system.get('live').writes).toEqual([])
  // A drill is no rollback of the service, for any reader.
  expect((await api.call('GET', '/v1/rollbacks/test/shop-of-drills', undefined, all)).status).toBe(404)
  const fresh = openApi({ address: inject('temporalAddress'), configuration: engine.configuration, tokens })
  const metrics = await fresh.call<string>('GET', '/metrics', undefined, all)
  const elsewhere = await fresh.call<string>('GET', '/metrics', undefined, bearer('elsewhere'))
  await fresh.close()
  const at = ((found.last?.at ?? 0) / 1_000).toString()
  const sample = `unwind_drill_passed_timestamp_seconds{service="shop-of-drills",environment="test"} ${at}\n`
  expect(metrics.body).toContain(sample)
  expect(elsewhere.body).not.toContain('shop-of-drills')
})

test('of two that are started by hand, the second is refused while the first runs', async () => {
  let release = () => {}
  holding = new Promise<void>((resolve) => (release = resolve))
  expect((await api.call('POST', '/v1/drills', body, all)).status).toBe(202)
  expect((await api.call('POST', '/v1/drills', body, all)).body).toMatchObject({ code: 'ROLLBACK_RUNNING' })
  await reads(({ running }) => running)
  holding = undefined
  release()
  await reads(({ running }) => !running)
})

test('one that runs is stopped: it takes away what it has made, and its result says who ended it', async () => {
  const stop = (headers = all) => api.call<DrillsStopped>('POST', `${where}/abort`, { note: 'wrong day' }, headers)
  expect((await stop()).body).toMatchObject({ code: 'NOT_FOUND' })
  let release = () => {}
  holding = new Promise<void>((resolve) => (release = resolve))
  const started = await api.call<DrillStarted>('POST', '/v1/drills', body, all)
  await reads(({ running }) => running)
  expect((await stop(bearer('reader'))).status).toBe(403)
  const stopped = await stop()
  expect(DrillsStopped.strict().parse(stopped.body)).toEqual({
    stopped: [{ id: 'drill/test/shop-of-drills', runId: started.body.runId }],
  })
  holding = undefined
  release()
  const { body: found } = await reads(({ running, results }) => !running && results[0]?.runId === started.body.runId)
  expect(found.results[0]).toMatchObject({ passed: false, problem: { message: expect.stringContaining('wrong day') } })
  expect(engine.system.get('copy').at).toBe('before')
})

test('drills are scheduled in Temporal, begin by themselves when they are due, are scheduled anew, and ended', async () => {
  expect((await put('10m')).status).toBe(400)
  const scheduled = { runbook: 'shop', revision: '1'.repeat(64), procedure: 'steps', outdated: false, paused: false }
  const first = await put('7d')
  expect(first.body).toMatchObject({
    overdue: false,
    schedule: { every: 7 * 86_400_000, next: expect.any(Number), ...scheduled },
  })
  expect(DrillsDocument.strict().parse(first.body)).toEqual(first.body)
  expect((await put('1d')).body).toMatchObject({ schedule: { every: 86_400_000 } })
  revision = '2'.repeat(64)
  expect((await read()).body).toMatchObject({ schedule: { ...scheduled, outdated: true } })
  const handle = engine.client.schedule.getHandle('drill/test/shop-of-drills')
  const { length } = (await read()).body.results
  // Nobody waits for an hour: the same schedule, due every second.
  await handle.update((before) => ({ ...before, spec: { intervals: [{ every: '1s' }] } }))
  const { body: fired } = await reads(({ results }) => results.length > length)
  const { body: gone } = await api.call<DrillsDocument>('DELETE', `${where}/schedule`, undefined, all)
  expect(gone).not.toHaveProperty('schedule')
  expect(fired.results[0]).toMatchObject({ passed: true, runbook: 'shop' })
  const [run] = fired.results.map(({ runId }) => runId)
  const { executions } = await engine.client.workflowService.listWorkflowExecutions({
    namespace: 'default',
    query: `WorkflowType = "drill" AND RunId = "${run}"`,
  })
  expect(executions.map(({ execution }) => execution?.workflowId)).toEqual([
    expect.stringMatching(/^drill\/test\/shop-of-drills-2\d{3}-/),
  ])
  expect((await api.call('DELETE', `${where}/schedule`, undefined, all)).status).toBe(404)
  await reads(({ running }) => !running)
})

test('a schedule under which none has passed for twice its time is overdue', async () => {
  await put('1h')
  const handle = engine.client.schedule.getHandle('drill/test/shop-of-drills')
  await handle.pause()
  await handle.update((before) => ({ ...before, spec: { intervals: [{ every: '1s' }] } }))
  const { every } = (await read()).body.schedule ?? { every: 0 }
  const { last } = (await read()).body
  await until(
    read,
    (answer) => answer.body.overdue,
    (answer) => `every ${every}, last ${last?.at}: ${JSON.stringify(answer?.body)}`,
    30_000,
  )
  expect((await read()).body.schedule?.paused).toBe(true)
  await api.call('DELETE', `${where}/schedule`, undefined, all)
})

test('who may only read can not start or schedule one, nor may anybody elsewhere; what is not there is named', async () => {
  expect((await api.call('POST', '/v1/drills', body, bearer('reader'))).status).toBe(403)
  const schedule = { runbook: 'shop', every: '7d' }
  expect((await api.call('PUT', `${where}/schedule`, schedule, bearer('reader'))).status).toBe(403)
  expect((await api.call('DELETE', `${where}/schedule`, undefined, bearer('reader'))).status).toBe(403)
  expect((await api.call('GET', where, undefined, bearer('reader'))).status).toBe(200)
  expect((await api.call('POST', '/v1/drills', body, bearer('elsewhere'))).status).toBe(403)
  expect((await api.call('GET', where, undefined, bearer('elsewhere'))).status).toBe(403)
  const wrong = await api.call('POST', '/v1/drills', { ...body, procedure: 'nowhere' }, all)
  expect(wrong.body).toMatchObject({ status: 400, detail: expect.stringContaining('nowhere') })
  const other = await api.call('PUT', '/v1/drills/test/other/schedule', schedule, all)
  expect(other.body).toMatchObject({ status: 400, detail: expect.stringContaining('shop-of-drills') })
})

test('without an archive nothing would be kept of a drill: it is refused, and says what to do', async () => {
  const { archive: _archive, ...configuration } = engine.configuration
  const bare = openApi({ address: inject('temporalAddress'), configuration, runbooks, tokens })
  const answer = await bare.call('POST', '/v1/drills', body, all)
  expect(answer.body).toMatchObject({ code: 'CONFIGURATION_INVALID', detail: expect.stringContaining('archive') })
  await bare.close()
})
