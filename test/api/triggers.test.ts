import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ProposalDocument } from '../../api/schemas/proposals.ts'
import { startAlertmanager } from '../../tools/alertmanager/server.ts'
import { alertOf, type Ground, openGround } from '../prove/triggers/ground.ts'
import { until } from '../support/until.ts'
import { bearer, openApi } from './open.ts'

const SECRET = 'a secret of some length'

let ground: Ground
beforeAll(async () => {
  ground = await openGround(inject('temporalAddress'))
})
afterAll(() => ground.close())

function alerts(...list: object[]) {
  return { version: '4', status: 'firing', groupKey: '{}', receiver: 'unwind', externalURL: 'http://x', alerts: list }
}

const HOOK = '/v1/triggers/alertmanager'

test('an alert is answered 202 once its proposal exists, and the proposal is read and refused', async () => {
  const environment = ground.environment()
  const shop = await ground.shop(environment, { good: false, bad: false })
  const { episodes, unmatched } = await ground.post([
    alertOf(shop),
    { ...alertOf(shop), labels: { alertname: 'Other' } },
  ])
  expect(unmatched).toBe(1)
  expect(episodes).toMatchObject([{ service: shop.service, environment, trigger: 'errors', status: 'firing' }])
  const url = `/v1/services/${environment}/${shop.service}/proposals/${episodes[0]?.id}`
  const { body } = await until(
    () => ground.api.call<ProposalDocument>('GET', url),
    (answer) => answer.body.standing === 'proposed',
    (answer) => `it is ${answer?.body.standing}: ${JSON.stringify(answer?.body).slice(0, 300)}`,
    60_000,
  )
  expect(ProposalDocument.parse(body)).toMatchObject({
    trigger: { mode: 'auto' },
    refusals: [{ code: 'NO_DEPLOY' }, { code: 'NO_VERIFIED_TARGET' }],
  })
  const stale = await ground.api.call('POST', url, { decision: 'accept', planDigest: '0'.repeat(64) })
  expect(stale).toMatchObject({ status: 409, body: { code: 'STALE_DECISION' } })
  const refused = await ground.api.call<ProposalDocument>('POST', url, { decision: 'refuse', note: 'known' })
  expect(refused).toMatchObject({ status: 200, body: { rejected: { by: 'local', note: 'known' } } })
  expect((await ground.api.call('GET', url.replace(/[^/]+$/, 'never-seen'))).status).toBe(404)
})

test('a form that is not Alertmanager’s is refused, and what it writes beside it is passed over', async () => {
  for (const body of [{}, { ...alerts(), version: '3' }, alerts({ status: 'firing', labels: {} })])
    expect(await ground.api.call('POST', HOOK, body)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
  expect(await ground.api.call('POST', HOOK, '{ no json')).toMatchObject({ status: 400 })
  const grafana = { ...alerts(), version: '1', orgId: 1, title: 'x', state: 'alerting', message: 'y' }
  expect(await ground.api.call('POST', HOOK, grafana)).toMatchObject({
    status: 202,
    body: { episodes: [], unmatched: 0 },
  })
})

test('without Temporal it is 503, so that it is sent again', async () => {
  const shop = await ground.shop(ground.environment())
  const { configuration } = ground
  const runbook = ground.runbooks()
  const away = openApi({ address: '127.0.0.1:1', configuration, runbooks: async () => runbook })
  const answer = await away.call('POST', HOOK, alerts(alertOf(shop)))
  expect(answer).toMatchObject({ status: 503, body: { code: 'TEMPORAL_UNAVAILABLE' } })
  expect(answer.headers['retry-after']).toBeDefined()
  await away.close()
})

test('Grafana’s signature stands in place of a token, over the very bytes, and for five minutes', async () => {
  const tokens = [{ text: 'am', verbs: ['trigger' as const] }]
  const address = inject('temporalAddress')
  const grafana = { secret: SECRET, timestampHeader: 'X-At' }
  const guarded = openApi({ address, configuration: ground.configuration, tokens, grafana })
  const text = JSON.stringify(alerts())
  const now = Math.floor(Date.now() / 1_000)
  const sign = (body: string, at: number, secret = SECRET) =>
    createHmac('sha256', secret).update(`${at}:${body}`).digest('hex')
  const post = (signature: string, at: number, body = text) =>
    guarded.call('POST', HOOK, body, {
      ...{ 'content-type': 'application/json', 'x-grafana-alerting-signature': signature, 'x-at': String(at) },
    })
  expect((await post(sign(text, now), now)).status).toBe(202)
  for (const answer of [
    await post(sign(text, now, 'another secret'), now),
    await post(sign(text, now), now, `${text} `),
    await post(sign(text, now - 400), now - 400),
    await post('', now),
    await guarded.call('POST', HOOK, text),
  ])
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
  expect((await guarded.call('POST', HOOK, text, bearer('am'))).status).toBe(202)
  await guarded.close()
})

test('a real Alertmanager tells it, repeats itself, and tells the end; the service is rolled back once', async () => {
  const environment = ground.environment()
  const shop = await ground.shop(environment)
  const late = await ground.shop(environment, { good: false, bad: false })
  const url = await ground.listen()
  const alertmanager = await startAlertmanager({ webhook: `${url}${HOOK}`, groupWait: '1s', repeat: '1s' })
  try {
    const post = (name: typeof shop, endsAt?: string) => {
      const { labels, annotations } = alertOf(name)
      return alertmanager.alert([
        { labels, annotations, startsAt: new Date(Date.now() - 1_000).toISOString(), ...(endsAt && { endsAt }) },
      ])
    }
    await post(shop)
    await post(late)
    await until(
      () => ground.state(shop),
      ({ runs }) => runs.length === 1,
      (state) => `the service knows of ${state?.episodes.length ?? 0} episodes`,
      60_000,
    )
    expect(shop.object.writes).toEqual(['v1'])
    const of = async () => (await ground.state(late)).episodes[0]
    await until(
      of,
      (episode) => episode?.standing === 'proposed',
      () => 'it is not proposed',
      60_000,
    )
    await post(late, new Date().toISOString())
    const ended = await until(
      of,
      (episode) => episode?.standing === 'ended',
      () => 'its end is not told',
      60_000,
    )
    expect(ended?.resolvedAt).toBeDefined()
    expect(shop.object.writes).toEqual(['v1'])
    expect((await ground.state(shop)).episodes).toHaveLength(1)
  } finally {
    await alertmanager.stop()
  }
}, 300_000)
