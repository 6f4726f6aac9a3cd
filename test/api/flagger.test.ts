import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Ground, openGround } from '../prove/triggers/ground.ts'
import { tellService } from '../support/services.ts'
import { until } from '../support/until.ts'
import { bearer, openApi } from './open.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround(inject('temporalAddress'))
})
afterAll(() => ground.close())

const ROLLBACK = '/v1/triggers/flagger/rollback'
const EVENT = '/v1/triggers/flagger/event'
/** The payload as Flagger 1.44 writes it (pkg/controller/webhook.go). */
const payload = (metadata: object, phase = 'Progressing') => {
  return { name: 'checkout', namespace: 'shop', phase, checksum: '85d557f47b', metadata }
}
const event = (message: string, at: number, metadata: object = {}) =>
  payload({ eventMessage: message, eventType: 'Warning', timestamp: String(at), ...metadata }, 'Failed')

test('Flagger is told to take a canary back while its service is locked or its version is denied, and not otherwise', async () => {
  const shop = await ground.shop(ground.environment())
  const { service, environment } = shop
  const ask = (more: object = {}) => ground.api.call('POST', ROLLBACK, payload({ service, environment, ...more }))
  expect(await ask()).toMatchObject({ status: 409, body: { code: 'ROLLBACK_NOT_WANTED' } })
  await tellService(ground.engine, shop, 'deny', { version: 'v3', reason: 'it loses orders' })
  expect((await ask({ version: 'v2' })).status).toBe(409)
  expect(await ask({ version: 'v3' })).toMatchObject({
    status: 200,
    body: { rollback: true, because: [expect.stringMatching(/^DENIED: v3 is denied/)] },
  })
  await tellService(ground.engine, shop, 'lock', { reason: 'orders are counted' })
  expect(await ask()).toMatchObject({ status: 200, body: { because: [expect.stringMatching(/^LOCKED: /)] } })
})

test('what is not known is no yes: an environment that there is not, a body without a service, no Temporal', async () => {
  const service = 'checkout'
  expect((await ground.api.call('POST', ROLLBACK, payload({ service, environment: 'nowhere' }))).status).toBe(400)
  expect((await ground.api.call('POST', ROLLBACK, payload({ environment: 'test' }))).status).toBe(400)
  const away = openApi({ address: '127.0.0.1:1', configuration: ground.configuration })
  const environment = ground.environment()
  expect((await away.call('POST', ROLLBACK, payload({ service, environment }))).status).toBe(503)
  await away.close()
})

test('the token comes as a bearer or in the URL, needs the verb trigger, and its environments hold', async () => {
  const shop = await ground.shop(ground.environment())
  const tokens = [
    { text: 'flagger-token', verbs: ['trigger' as const], environments: [shop.environment] },
    { text: 'reader-token', verbs: ['read' as const] },
  ]
  const { configuration } = ground
  const guarded = openApi({ address: inject('temporalAddress'), configuration, tokens })
  const { service, environment } = shop
  const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`flagger:${token}`).toString('base64')}` })
  const status = async (headers: Record<string, string>, where = environment) =>
    (await guarded.call('POST', ROLLBACK, payload({ service, environment: where }), headers)).status
  expect(await status(basic('flagger-token'))).toBe(409)
  expect(await status(bearer('flagger-token'))).toBe(409)
  expect(await status(basic('another'))).toBe(401)
  expect(await status({})).toBe(401)
  expect(await status(basic('reader-token'))).toBe(403)
  expect(await status(basic('flagger-token'), ground.environment())).toBe(403)
  // Nowhere else: a browser would send it by itself.
  expect((await guarded.call('GET', '/v1/rollbacks', undefined, basic('reader-token'))).status).toBe(401)
  await guarded.close()
})

test('a canary that failed is one alert, however often it is told; other events are passed over', async () => {
  const environment = ground.environment()
  const shop = await ground.shop(environment, { good: false, bad: false })
  const runbook = ground.runbooks().get(shop.service)
  const trigger = runbook?.runbook.triggers?.[0]
  if (trigger) trigger.match = { alertname: 'CanaryFailed', canary: 'checkout', environment }
  const now = Date.now()
  const added = { environment }
  const started = await ground.api.call('POST', EVENT, event('New revision detected! Scaling up', now, added))
  expect(started).toMatchObject({ status: 202, body: { episodes: [], unmatched: 0 } })
  const failed = event('Canary failed! Scaling down checkout.shop', now + 1_000, added)
  const first = await ground.api.call<{ episodes: { id: string }[] }>('POST', EVENT, failed)
  expect(first).toMatchObject({ status: 202, body: { episodes: [{ service: shop.service, environment }] } })
  const again = await ground.api.call<{ episodes: { id: string }[] }>('POST', EVENT, failed)
  expect(again.body.episodes).toEqual(first.body.episodes)
  const url = `/v1/services/${environment}/${shop.service}/proposals/${first.body.episodes[0]?.id}`
  const { body } = await until(
    () => ground.api.call<{ standing: string; alert: object }>('GET', url),
    (answer) => answer.body.standing === 'proposed',
    (answer) => `it is ${JSON.stringify(answer?.body).slice(0, 300)}`,
    60_000,
  )
  expect(JSON.stringify(body)).toContain('Canary failed! Scaling down checkout.shop')
})
