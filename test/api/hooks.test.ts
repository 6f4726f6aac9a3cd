import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, openApi } from './open.ts'
import { pathOf, rollbackOf } from './request.ts'

const SECRET = 'canary-signing-secret'
const approvals = [{ min: 1, groups: ['sre'], self: false, expires: '30m' }]

let engine: Engine
let api: OpenApi
/** What whoever pressed was told. */
const told: string[] = []
const replies = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => told.push(String((JSON.parse(chunk.toString()) as { text: string }).text)))
  request.on('end', () => response.end('ok'))
})
let origin = ''

beforeAll(async () => {
  process.env['UNWIND_TEST_SIGNING'] = SECRET
  replies.listen(0, '127.0.0.1')
  await once(replies, 'listening')
  origin = `http://127.0.0.1:${(replies.address() as AddressInfo).port}`
  const temporalAddress = inject('temporalAddress')
  engine = await Engine.start({ temporalAddress, policy: { approvals } })
  const users = { UALICE: 'alice', UBOB: 'bob', UEVE: 'eve', UREADER: 'reader' }
  api = openApi({
    address: temporalAddress,
    configuration: engine.configuration,
    api: { slack: { signingSecret: { env: 'UNWIND_TEST_SIGNING' }, users, origin } },
    tokens: [
      { text: 'alice', subject: 'alice' },
      { text: 'bob', subject: 'bob', verbs: ['approve'] },
      { text: 'eve', subject: 'eve', verbs: ['approve'], environments: ['elsewhere'] },
      { text: 'reader', subject: 'reader', verbs: ['read'] },
    ],
  })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  replies.close()
})

/** A run that waits for an approval, and what its buttons carry. */
async function waiting() {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  await api.call('POST', '/v1/rollbacks', body, bearer('alice'))
  const read = () =>
    api.call<{ phase: string; outcome?: string; planDigest: string; runId: string }>(
      'GET',
      pathOf(body.service),
      undefined,
      bearer('alice'),
    )
  const found = await until(
    read,
    (answer) => answer.body.phase === 'awaiting-approval',
    (answer) => `the run is ${answer?.body.phase}`,
  )
  const { planDigest, runId } = found.body
  const value = { environment: 'test', service: body.service, run: runId, planDigest }
  return { read, value, writes: () => engine.system.get(object).writes }
}

interface Pressing {
  user?: string
  action?: string
  at?: number
  secret?: string
  ts?: string
  responseUrl?: string
}

function press(value: object, { user = 'UBOB', action = 'unwind_approve', ...more }: Pressing = {}) {
  const { at = Date.now(), secret = SECRET, ts = randomUUID(), responseUrl = `${origin}/actions/1` } = more
  const actions = [{ type: 'button', action_id: action, value: JSON.stringify(value), action_ts: ts }]
  const payload = { type: 'block_actions', user: { id: user, name: 'x' }, response_url: responseUrl, actions }
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
  const timestamp = String(Math.floor(at / 1_000))
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  return api.call('POST', '/v1/hooks/slack', body, {
    'content-type': 'application/x-www-form-urlencoded',
    ...{ 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature },
  })
}

async function hears(words: RegExp): Promise<void> {
  await until(
    async () => told.some((text) => words.test(text)),
    Boolean,
    () => `nobody was told ${String(words)}, only ${told.join(' | ')}`,
  )
}

test('a press of Approve counts as that person’s approval of this plan, and a second press of it is one', async () => {
  const { read, value, writes } = await waiting()
  expect(await press(value, { ts: '1' })).toMatchObject({ status: 200, body: {} })
  expect((await press(value, { ts: '1' })).status).toBe(200)
  const done = await until(
    read,
    (answer) => answer.body.phase === 'ended',
    (answer) => `the run is ${answer?.body.phase}`,
  )
  expect(done.body).toMatchObject({ outcome: 'recovered', approvals: [{ actor: { subject: 'bob', groups: ['sre'] } }] })
  expect(writes()).toEqual(['v1'])
})

test('a press of Reject ends the run, and nothing was changed', async () => {
  const { read, value, writes } = await waiting()
  await press(value, { action: 'unwind_reject' })
  const done = await until(
    read,
    (answer) => answer.body.phase === 'ended',
    (answer) => `the run is ${answer?.body.phase}`,
  )
  expect(done.body.outcome).toBe('rejected')
  expect(writes()).toEqual([])
})

test('what Slack has not signed just now is not taken', async () => {
  const { read, value } = await waiting()
  for (const forged of [{ secret: 'another' }, { at: Date.now() - 6 * 60_000 }, { at: Date.now() + 6 * 60_000 }]) {
    const answer = await press(value, forged)
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
    expect(JSON.stringify(answer.body)).not.toContain(SECRET)
  }
  expect((await read()).body.phase).toBe('awaiting-approval')
})

test('whoever is not mapped, may not approve, may not here, or asked for it is refused, and told so', async () => {
  const { read, value } = await waiting()
  for (const [user, words] of [
    ['USTRANGER', /does not know this Slack user/],
    ['UREADER', /may not approve/],
    ['UEVE', /may do nothing in test/],
    ['UALICE', /asked for this rollback/],
  ] as const) {
    expect((await press(value, { user })).status).toBe(200)
    await hears(words)
  }
  expect((await read()).body.phase).toBe('awaiting-approval')
})

test('a press about another plan or another run is refused, and an answer goes nowhere but to Slack', async () => {
  const { read, value } = await waiting()
  await press({ ...value, planDigest: '0'.repeat(64) })
  await hears(/plan/)
  await press({ ...value, run: randomUUID() })
  await hears(/the run is now/)
  const before = told.length
  await press({ ...value, run: randomUUID() }, { responseUrl: origin.replace('127.0.0.1', 'localhost') })
  expect(told).toHaveLength(before)
  expect((await read()).body.phase).toBe('awaiting-approval')
})

test('other interactions are answered and do nothing; a broken press is refused', async () => {
  expect((await press({}, { action: 'others_button' })).status).toBe(200)
  expect(await press({ service: '../x' })).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
})
