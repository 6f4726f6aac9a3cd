import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { ReplyDocument, StartedDocument } from '../../api/schemas/answers.ts'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, openApi } from './open.ts'
import { pathOf, rollbackOf } from './request.ts'
import { ended, parked, reaches } from './run.ts'

const approvals = [{ min: 1, groups: ['sre'], self: false, expires: '30m' }]
const ALICE = bearer('alice')
const BOB = bearer('bob')
const EVE = bearer('eve')

let engine: Engine
let guarded: Engine
let api: OpenApi
let guardedApi: OpenApi
beforeAll(async () => {
  const address = inject('temporalAddress')
  engine = await Engine.start({ temporalAddress: address })
  guarded = await Engine.start({ temporalAddress: address, policy: { approvals } })
  const tokens = [
    { text: 'alice', subject: 'alice' },
    { text: 'bob', subject: 'bob' },
    { text: 'eve', subject: 'eve', groups: ['sales'] },
  ]
  api = openApi({ address, configuration: engine.configuration })
  guardedApi = openApi({ address, configuration: guarded.configuration, tokens })
})
afterAll(async () => {
  for (const one of [api, guardedApi]) await one.close()
  for (const one of [engine, guarded]) await one.stop()
})

test('a plan is approved by its digest, by somebody in the right group, and not by who asked', async () => {
  const object = `o-${randomUUID()}`
  guarded.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  await guardedApi.call('POST', '/v1/rollbacks', body, ALICE)
  const waiting = await until(
    () => guardedApi.call<{ phase: string; planDigest: string }>('GET', pathOf(body.service), undefined, ALICE),
    (answer) => answer.body.phase === 'awaiting-approval',
    (answer) => `the run is ${answer?.body.phase}`,
  )
  const approve = (planDigest: string, who: Record<string, string>) =>
    guardedApi.call('POST', pathOf(body.service, 'approvals'), { planDigest, decision: 'approve' }, who)
  const { planDigest } = waiting.body
  expect(await approve('0'.repeat(64), BOB)).toMatchObject({ status: 409, body: { code: 'STALE_DECISION' } })
  expect(await approve(planDigest, ALICE)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
  expect(await approve(planDigest, EVE)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
  expect(guarded.system.get(object).writes).toEqual([])
  expect((await approve(planDigest, BOB)).status).toBe(200)
  const done = await until(
    () => guardedApi.call<{ phase: string; approvals: object[] }>('GET', pathOf(body.service), undefined, ALICE),
    (answer) => answer.body.phase === 'ended',
    (answer) => `the run is ${answer?.body.phase}`,
  )
  expect(done.body.approvals).toMatchObject([{ actor: { subject: 'bob', groups: ['sre'] }, planDigest }])
})

test('a plan is rejected and nothing is changed', async () => {
  const object = `o-${randomUUID()}`
  guarded.system.put(object, 'v1', 'v2')
  const body = rollbackOf(object)
  await guardedApi.call('POST', '/v1/rollbacks', body, ALICE)
  const read = () =>
    guardedApi.call<{ phase: string; outcome: string; planDigest: string }>('GET', pathOf(body.service), undefined, BOB)
  const { planDigest } = (
    await until(
      read,
      (answer) => answer.body.phase === 'awaiting-approval',
      () => 'no plan',
    )
  ).body
  const reject = { planDigest, decision: 'reject', note: 'not now' }
  expect((await guardedApi.call('POST', pathOf(body.service, 'approvals'), reject, BOB)).status).toBe(200)
  const { outcome } = (
    await until(
      read,
      (answer) => answer.body.phase === 'ended',
      () => 'not ended',
    )
  ).body
  expect(outcome).toBe('rejected')
  expect(guarded.system.get(object).writes).toEqual([])
})

test('a parked step takes the answer to its attempt, and refuses one to another', async () => {
  const object = parked(engine)
  const body = rollbackOf(object)
  await api.call('POST', '/v1/rollbacks', body)
  const state = await reaches(api, body.service, 'parked')
  const { stepId, attempt } = state.parked ?? { stepId: '', attempt: 0 }
  const decide = (answer: object) => api.call('POST', pathOf(body.service, 'decisions'), answer)
  const stale = await decide({ stepId, attempt: attempt + 1, choice: 'retry' })
  expect(stale).toMatchObject({ status: 409, body: { code: 'STALE_DECISION' } })
  const other = await decide({ stepId: 'other', attempt, choice: 'retry' })
  expect(other).toMatchObject({ status: 409, body: { code: 'STALE_DECISION' } })
  const skipped = await decide({ stepId, attempt, choice: 'skip' })
  expect(skipped).toMatchObject({ status: 409, body: { code: 'DECISION_REFUSED' } })
  engine.system.get(object).health = 'pass'
  expect((await decide({ stepId, attempt, choice: 'retry', note: 'healthy now' })).status).toBe(200)
  const done = await ended(api, body.service)
  expect(done.outcome).toBe('recovered')
  const decided = done.timeline.find(({ type }) => type === 'decided')
  expect(decided).toMatchObject({ actor: 'local', verified: true })
})

test('a run is claimed, and a message meant for another run is refused', async () => {
  const body = rollbackOf(parked(engine))
  await api.call('POST', '/v1/rollbacks', body)
  await reaches(api, body.service, 'parked')
  const claimed = await api.call<ReplyDocument>('POST', pathOf(body.service, 'claim'), {})
  expect(claimed).toMatchObject({ status: 200, body: { phase: 'parked' } })
  expect((await reaches(api, body.service, 'parked')).claimedBy).toBe('local')
  const misdirected = await api.call('POST', `${pathOf(body.service, 'pause')}?run=${randomUUID()}`, {})
  expect(misdirected).toMatchObject({ status: 409, body: { code: 'STALE_DECISION' } })
})

test('the same Idempotency-Key sends a message once', async () => {
  const body = rollbackOf(parked(engine))
  await api.call('POST', '/v1/rollbacks', body)
  await reaches(api, body.service, 'parked')
  const key = { 'idempotency-key': randomUUID() }
  const pause = () => api.call('POST', pathOf(body.service, 'pause'), {}, key)
  expect((await pause()).status).toBe(200)
  expect((await pause()).status).toBe(200)
  const again = await api.call('POST', pathOf(body.service, 'pause'), {})
  expect(again).toMatchObject({ status: 409, body: { code: 'DECISION_REFUSED' } })
  expect((await api.call('POST', pathOf(body.service, 'resume'), {})).status).toBe(200)
})

test('an abort needs a reason and ends the run; afterwards nothing is left to decide', async () => {
  const body = rollbackOf(parked(engine))
  await api.call('POST', '/v1/rollbacks', body)
  await reaches(api, body.service, 'parked')
  expect((await api.call('POST', pathOf(body.service, 'abort'), {})).status).toBe(400)
  expect((await api.call('POST', pathOf(body.service, 'abort'), { note: 'by hand' })).status).toBe(200)
  expect(await ended(api, body.service)).toMatchObject({ outcome: 'aborted' })
  const late = await api.call('POST', pathOf(body.service, 'claim'), {})
  expect(late).toMatchObject({ status: 409, body: { code: 'DECISION_REFUSED' } })
  const never = await api.call('POST', pathOf('never-seen', 'claim'), {})
  expect(never).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
})

test('an API without a signing key can pause and retry, and nothing else', async () => {
  const unsigned = openApi({ address: inject('temporalAddress'), configuration: engine.configuration, unsigned: true })
  const body = rollbackOf(parked(engine))
  await unsigned.call<StartedDocument>('POST', '/v1/rollbacks', body)
  await reaches(unsigned, body.service, 'parked')
  expect((await unsigned.call('POST', pathOf(body.service, 'pause'), {})).status).toBe(200)
  const abort = await unsigned.call('POST', pathOf(body.service, 'abort'), { note: 'stop' })
  expect(abort).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
  await unsigned.close()
})
