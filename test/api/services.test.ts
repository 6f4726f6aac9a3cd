import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { DeployableDocument, FleetDocument, RecordedDocument, ServiceDocument } from '../../api/schemas/services.ts'
import { HistoryDocument } from '../../api/schemas/answers.ts'
import { Engine } from '../support/engine.ts'
import { imageOf } from '../../rehearsal/memory.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, openApi } from './open.ts'
import { rollbackOf } from './request.ts'
import { ended, parked } from './run.ts'

let engine: Engine
let api: OpenApi
beforeAll(async () => {
  engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
  // What services share is kept for an environment; this file has one of its own.
  Object.assign(engine.configuration.environments, { [environment]: engine.configuration.environments['test'] })
  api = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

const environment = `e-${randomUUID()}`

function at(service: string, rest = ''): string {
  return `/v1/services/test/${service}${rest}`
}

function record(service: string, body: object, key?: string) {
  return api.call<RecordedDocument>('POST', at(service, '/releases'), body, key ? { 'idempotency-key': key } : {})
}

async function deployable(service: string, query = ''): Promise<DeployableDocument> {
  const { status, body } = await api.call<DeployableDocument>('GET', at(service, `/deployable${query}`))
  expect(status).toBe(200)
  return DeployableDocument.parse(body)
}

test('a release is recorded once, by its key as by its content, and is in the history', async () => {
  const name = `o-${randomUUID()}`
  engine.system.put(name, 'v1', 'v2')
  const body = {
    version: 'v1',
    images: [imageOf(name, 'v1')],
    migrations: [{ name: 'm1', hash: 'abcd' }],
    commit: 'abcdef0',
  }
  const key = randomUUID()
  const first = await record(name, body, key)
  expect(first).toMatchObject({
    status: 201,
    body: { created: true, release: { version: 'v1', recorded: { by: 'local' } } },
  })
  RecordedDocument.parse(first.body)
  expect(await record(name, body, key)).toMatchObject({ status: 200, body: { created: false } })
  expect(await record(name, { ...body, version: 'v2' }, key)).toMatchObject({
    status: 422,
    body: { code: 'KEY_REUSED' },
  })
  expect(await record(name, { ...body, healthy: true })).toMatchObject({
    status: 200,
    body: { created: false, release: { verified: { by: 'health-check' } } },
  })
  const history = await api.call<HistoryDocument>('GET', at(name, `/history?kind=memory&object=${name}`))
  expect(history).toMatchObject({ status: 200, body: { releases: [{ version: 'v1', healthy: true }] } })
  HistoryDocument.parse(history.body)
})

test.each([
  ['a content where a hash belongs', { version: 'v1', configuration: { app: 'password: hunter2' } }],
  ['no version', { images: ['a:v1'] }],
  ['an image that is none', { version: 'v1', images: ['a b'] }],
  ['an unknown field', { version: 'v1', digest: 'x' }],
])('a release with %s is refused', async (_what, body) => {
  expect(await api.call('POST', at('shop', '/releases'), body)).toMatchObject({ status: 400 })
})

test('after a rollback nothing is deployed until somebody unlocks, and the bad version not even then', async () => {
  const name = `o-${randomUUID()}`
  engine.system.put(name, 'v1', 'v2')
  for (const version of ['v1', 'v2']) await record(name, { version, images: [imageOf(name, version)] })
  expect(await deployable(name, '?version=v2')).toEqual({ deployable: true, refusals: [] })
  await api.call('POST', '/v1/rollbacks', rollbackOf(name, name))
  await ended(api, name)
  expect((await deployable(name)).deployable).toBe(false)
  await until(
    () => deployable(name, '?version=v2'),
    ({ refusals }) => !refusals.some(({ code }) => code === 'ROLLBACK_CONCLUDING'),
    () => 'the end of the rollback is not read',
  )
  const codes = async (query: string) => (await deployable(name, query)).refusals.map(({ code }) => code)
  expect(await codes('?version=v2')).toEqual(['LOCKED', 'DENIED'])
  expect(await codes(`?image=${imageOf(name, 'v2')}`)).toEqual(['LOCKED', 'DENIED'])
  expect(await codes('?version=v3')).toEqual(['LOCKED'])
  const unlocked = await api.call<ServiceDocument>('POST', at(name, '/unlock'), { reason: 'v3 is mended' })
  expect(unlocked.status).toBe(200)
  expect(ServiceDocument.parse(unlocked.body)).toMatchObject({ denied: [{ version: 'v2' }] })
  expect(await codes('?version=v3')).toEqual([])
  expect(await codes('?version=v2')).toEqual(['DENIED'])
  await api.call('POST', at(name, '/lock'), { reason: 'freeze' })
  await api.call('POST', at(name, '/unlock'), { reason: 'fine', allow: ['v2'] })
  expect(await codes('?version=v2')).toEqual([])
})

test('while a rollback runs nothing is deployed', async () => {
  const name = parked(engine)
  await api.call('POST', '/v1/rollbacks', rollbackOf(name, name))
  expect((await deployable(name)).refusals).toMatchObject([{ code: 'ROLLBACK_RUNNING' }])
})

test('no answer is no yes: without a worker and without Temporal it is 503', async () => {
  const lonely = { ...engine.configuration, temporal: { taskQueue: `lonely-${randomUUID()}` } }
  const apart = openApi({ address: inject('temporalAddress'), configuration: lonely })
  expect(await apart.call('POST', at('shop', '/lock'), { reason: 'x' })).toMatchObject({ status: 503 })
  await apart.close()
  const away = openApi({ address: '127.0.0.1:1', configuration: engine.configuration })
  expect(await away.call('GET', at('shop', '/deployable'))).toMatchObject({ status: 503 })
  await away.close()
})

test('each of it needs a right of its own', async () => {
  const tokens = [
    { text: 'ci', verbs: ['read' as const, 'record' as const] },
    { text: 'sre', verbs: ['read' as const, 'lock' as const] },
  ]
  const guarded = openApi({ address: inject('temporalAddress'), configuration: engine.configuration, tokens })
  const post = (path: string, body: object, text: string) => guarded.call('POST', at('shop', path), body, bearer(text))
  expect((await post('/lock', { reason: 'x' }, 'ci')).status).toBe(403)
  expect((await post('/releases', { version: 'v1' }, 'sre')).status).toBe(403)
  expect((await post('/releases', { version: 'v1' }, 'ci')).status).toBe(201)
  await guarded.close()
})

test('the kill switch of an environment is pulled and let go', async () => {
  const url = `/v1/environments/${environment}/automation`
  const body = { automatic: 'stop', reason: 'we look' }
  const stopped = await api.call<FleetDocument>('POST', url, body)
  expect(FleetDocument.parse(stopped.body)).toMatchObject({ stopped: { by: 'local', reason: 'we look' } })
  expect((await api.call<FleetDocument>('GET', url)).body.stopped?.by).toBe('local')
  const again = await api.call<FleetDocument>('POST', url, { automatic: 'go', reason: 'fine' })
  expect(again.body.stopped).toBeUndefined()
  expect(await api.call('POST', url, { automatic: 'go', reason: 'twice' })).toMatchObject({ status: 409 })
})
