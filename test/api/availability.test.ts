import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import type { RollbackDocument, StartedDocument } from '../../api/schemas/answers.ts'
import { startTemporal } from '../../tools/temporal/server.ts'
import { Engine, memoryConfiguration } from '../support/engine.ts'
import { openApi } from './open.ts'
import { pathOf, rollbackOf } from './request.ts'
import { ended, parked, READY, reaches } from './run.ts'

test('without a worker a rollback is accepted and waits, is readable as stale, and nothing can be decided', async () => {
  const api = openApi({ address: inject('temporalAddress') })
  const body = rollbackOf('shop')
  const started = await api.call<StartedDocument>('POST', '/v1/rollbacks', body)
  expect(started).toMatchObject({ status: 202, body: { created: true, worker: 'none' } })
  const read = await api.call<RollbackDocument>('GET', pathOf(body.service))
  expect(read).toMatchObject({
    status: 200,
    body: { stale: true, worker: 'none', phase: 'planning', reason: body.reason, startedBy: { subject: 'local' } },
  })
  const decisions: [string, object][] = [
    ['pause', {}],
    ['abort', { note: 'stop' }],
    ['approvals', { planDigest: '0'.repeat(64), decision: 'approve' }],
    ['decisions', { stepId: 'a', attempt: 1, choice: 'retry' }],
  ]
  for (const [part, content] of decisions) {
    const answer = await api.call('POST', pathOf(body.service, part), content)
    expect(answer).toMatchObject({ status: 503, body: { code: 'NO_WORKER', retryable: true } })
    expect(answer.headers['retry-after']).toBe('5')
  }
  for (const path of ['/v1/plans', '/readyz', '/v1/services/test/shop/history?kind=memory&object=shop']) {
    const answer = path === '/v1/plans' ? await api.call('POST', path, body) : await api.call('GET', path)
    expect(answer).toMatchObject({ status: 503, body: { code: 'NO_WORKER' } })
  }
  await api.close()
})

test('what was asked for without a worker is carried out as soon as one runs, and is then no longer stale', async () => {
  const engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
  const api = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
  await engine.stopWorker()
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  await api.call('POST', '/v1/rollbacks', body)
  await engine.startWorker()
  expect(await ended(api, body.service)).toMatchObject({ outcome: 'recovered', stale: false })
  await engine.client.workflow.getHandle(`rollback/test/${body.service}`).result()
  await engine.stopWorker()
  const afterwards = await api.call<RollbackDocument>('GET', pathOf(body.service))
  expect(afterwards.body).toMatchObject({ outcome: 'recovered', stale: false })
  await api.close()
  await engine.stop()
})

test('a worker that has just died does not make a decision hang, and the run keeps waiting', async () => {
  const engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
  const api = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
  const body = rollbackOf(parked(engine))
  await api.call('POST', '/v1/rollbacks', body)
  await reaches(api, body.service, 'parked')
  await engine.stopWorker()
  const before = Date.now()
  const answer = await api.call('POST', pathOf(body.service, 'pause'), {})
  expect(answer).toMatchObject({ status: 503, body: { code: 'NO_WORKER' } })
  expect(Date.now() - before).toBeLessThan(12_000)
  const read = await api.call<RollbackDocument>('GET', pathOf(body.service))
  expect(read.body).toMatchObject({ stale: true, phase: 'parked' })
  await api.close()
  await engine.stop()
})

test('while Temporal is away everything says so within seconds, nothing is half started, and it comes back by itself', async () => {
  const temporal = await startTemporal({ ui: false })
  const engine = await Engine.start({ temporalAddress: temporal.address })
  const api = openApi({ address: temporal.address, configuration: engine.configuration })
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  await expect.poll(() => api.call('GET', '/readyz'), { timeout: 10_000 }).toMatchObject(READY)
  await temporal.kill()
  const key = { 'idempotency-key': randomUUID() }
  const calls = [
    api.call('POST', '/v1/rollbacks', body, key),
    api.call('POST', '/v1/plans', body),
    api.call('GET', '/v1/rollbacks'),
    api.call('GET', pathOf(body.service)),
    api.call('GET', pathOf(body.service, 'events')),
    api.call('POST', pathOf(body.service, 'pause'), {}),
    api.call('GET', '/readyz'),
  ]
  const before = Date.now()
  for (const answer of await Promise.all(calls)) {
    expect(answer).toMatchObject({ status: 503, body: { code: 'TEMPORAL_UNAVAILABLE', retryable: true } })
    expect(answer.headers['retry-after']).toBe('2')
  }
  expect(Date.now() - before).toBeLessThan(6_000)
  expect((await api.call('GET', '/healthz')).status).toBe(200)
  await temporal.restart()
  await expect.poll(async () => (await api.call('GET', pathOf(body.service))).status, { timeout: 10_000 }).toBe(404)
  expect((await api.call('POST', '/v1/rollbacks', body, key)).status).toBe(202)
  expect(await ended(api, body.service)).toMatchObject({ outcome: 'recovered' })
  expect(engine.system.get(object).writes).toEqual(['v1'])
  await api.close()
  await engine.stop()
  await temporal.stop()
})

test('a Temporal that was not set up says what is missing', async () => {
  const configuration = memoryConfiguration()
  const api = openApi({ address: inject('temporalAddress'), configuration, namespace: 'nowhere' })
  const answer = await api.call('POST', '/v1/rollbacks', rollbackOf('shop'))
  expect(answer).toMatchObject({ status: 500, body: { code: 'CONFIGURATION_INVALID' } })
  expect(answer.body.detail).toContain('check TEMPORAL_NAMESPACE')
  await api.close()
})
