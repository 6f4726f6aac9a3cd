import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { StartedDocument } from '../../api/schemas/answers.ts'
import { Engine } from '../support/engine.ts'
import { type OpenApi, openApi } from './open.ts'
import { newService, pathOf, rollbackOf } from './request.ts'
import { ended, parked, READY } from './run.ts'
import { until } from '../support/until.ts'

let engine: Engine
let api: OpenApi
beforeAll(async () => {
  engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
  api = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

function start(body: object, key?: string) {
  return api.call<StartedDocument>('POST', '/v1/rollbacks', body, key ? { 'idempotency-key': key } : {})
}

test('a rollback starts, is found under its location and ends recovered', async () => {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  const started = await start(body)
  expect(started).toMatchObject({ status: 202, body: { created: true, worker: 'running', service: body.service } })
  expect(started.headers['location']).toBe(`${pathOf(body.service)}?run=${started.body.runId}`)
  const state = await ended(api, body.service)
  expect(state).toMatchObject({ outcome: 'recovered', runId: started.body.runId, stale: false })
  expect(state.startedBy.subject).toBe('local')
  expect(engine.system.get(object)).toMatchObject({ at: 'v1', writes: ['v1'] })
})

test('while one runs, another of the same service is refused with where the running one is', async () => {
  const body = rollbackOf(parked(engine))
  const first = await start(body)
  for (const key of [undefined, randomUUID()]) {
    const second = await api.call('POST', '/v1/rollbacks', body, key ? { 'idempotency-key': key } : {})
    expect(second).toMatchObject({
      status: 409,
      body: {
        code: 'ROLLBACK_RUNNING',
        facts: { runId: first.body.runId, url: first.body.url, startedBy: 'local', reason: body.reason },
      },
    })
  }
})

test('the same key and body gives the same rollback: while it runs, after it has ended, and after later ones', async () => {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2', 'v3', 'v4')
  const body = rollbackOf(object)
  const key = randomUUID()
  const [first, twin] = await Promise.all([start(body, key), start(body, key)])
  for (const { status } of [first, twin]) expect([200, 202]).toContain(status)
  expect(twin.body.runId).toBe(first.body.runId)
  await ended(api, body.service)
  expect(await start(body, key)).toMatchObject({ status: 200, body: { runId: first.body.runId, created: false } })
  const later = await start(body, randomUUID())
  expect(later.status).toBe(202)
  await ended(api, body.service, later.body.runId)
  const again = await until(
    () => start(body, key),
    ({ body: { runId } }) => runId === first.body.runId,
    () => 'the key of the older rollback is not known again',
  )
  expect(again).toMatchObject({ status: 200, body: { created: false } })
  expect(engine.system.get(object).writes).toEqual(['v3', 'v2'])
})

test('the layout of a body does not matter to its key, its content does', async () => {
  const body = rollbackOf(parked(engine))
  const key = randomUUID()
  const { runId } = (await start(body, key)).body
  const { reason, ...rest } = body
  expect(await start({ reason, ...rest }, key)).toMatchObject({ status: 200, body: { runId } })
  const other = await api.call('POST', '/v1/rollbacks', { ...body, reason: 'another' }, { 'idempotency-key': key })
  expect(other).toMatchObject({ status: 422, body: { code: 'KEY_REUSED' } })
})

test('a hundred clients that ask at once start one rollback', async () => {
  const body = rollbackOf(parked(engine))
  const answers = await Promise.all(Array.from({ length: 100 }, () => start(body)))
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(99)
})

test('the dry run shows every step and changes nothing, locks nothing and leaves no rollback', async () => {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  const planned = await api.call<{ digest: string; steps: object[] }>('POST', '/v1/plans', body)
  expect(planned).toMatchObject({ status: 200, body: { steps: [{ plan: { summary: 'v2 → v1' } }] } })
  expect(planned.body.digest).toMatch(/^[0-9a-f]{64}$/)
  expect(engine.system.get(object)).toMatchObject({ at: 'v2', writes: [] })
  expect((await api.call('GET', pathOf(body.service))).status).toBe(404)
  const missing = await api.call('POST', '/v1/plans', rollbackOf(`none-${randomUUID()}`))
  expect(missing).toMatchObject({ status: 404, body: { code: 'TARGET_NOT_FOUND' } })
})

test('the history of a step says what one could go back to', async () => {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const path = `/v1/services/test/${newService()}/history?kind=memory&object=${object}`
  const answer = await api.call<{ revisions: { id: string; current: boolean }[] }>('GET', path)
  expect(answer.status).toBe(200)
  expect(answer.body.revisions.map(({ id, current }) => [id, current])).toEqual([
    ['v2', true],
    ['v1', false],
  ])
  expect((await api.call('GET', `${path}&colour=red`)).body.code).toBe('INVALID_REQUEST')
})

test('what was rolled back can be taken back, once, and that again', async () => {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  const { runId } = (await start(body)).body
  await ended(api, body.service)
  const undo = { reason: 'v1 was not the cause' }
  const back = await api.call<StartedDocument>('POST', pathOf(body.service, 'undo'), undo, { 'idempotency-key': 'k1' })
  expect(back).toMatchObject({ status: 202 })
  expect(await ended(api, body.service, back.body.runId)).toMatchObject({ outcome: 'recovered', undoes: runId })
  expect(engine.system.get(object).at).toBe('v2')
  const same = await api.call<StartedDocument>('POST', pathOf(body.service, 'undo'), undo, { 'idempotency-key': 'k1' })
  expect(same).toMatchObject({ status: 200, body: { runId: back.body.runId } })
  const stale = await api.call('POST', `${pathOf(body.service, 'undo')}?run=${runId}`, undo)
  expect(stale).toMatchObject({ status: 409, body: { code: 'STALE_DECISION' } })
  const again = await api.call<StartedDocument>('POST', pathOf(body.service, 'undo'), undo)
  await ended(api, body.service, again.body.runId)
  expect(engine.system.get(object).at).toBe('v1')
})

test('nothing can be taken back while a rollback runs, or where it has changed nothing', async () => {
  const running = rollbackOf(parked(engine))
  await start(running)
  const undo = { reason: 'back' }
  expect(await api.call('POST', pathOf(running.service, 'undo'), undo)).toMatchObject({
    status: 409,
    body: { code: 'ROLLBACK_RUNNING' },
  })
  const nothing = rollbackOf(`none-${randomUUID()}`)
  await start(nothing)
  expect(await ended(api, nothing.service)).toMatchObject({ outcome: 'not-applicable' })
  expect(await api.call('POST', pathOf(nothing.service, 'undo'), undo)).toMatchObject({
    status: 409,
    body: { code: 'NO_ROLLBACK_TARGET' },
  })
})

test('readiness says yes while Temporal answers and a worker polls', async () => {
  await expect.poll(() => api.call('GET', '/readyz'), { timeout: 10_000 }).toMatchObject(READY)
})
