import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { FollowupDocument, ObligationsDocument } from '../../api/schemas/obligations.ts'
import type { FollowupInput } from '../../model/followup.ts'
import { followupId } from '../../model/ids.ts'
import { defineSearchAttributeKey } from '@temporalio/common'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, openApi } from './open.ts'
import { newService } from './request.ts'

const TOKENS = [
  { text: 'alice', subject: 'alice' },
  { text: 'reader', subject: 'rita', verbs: ['read' as const] },
  { text: 'elsewhere', subject: 'emil', environments: ['elsewhere'] },
]

let engine: Engine
let api: OpenApi
beforeAll(async () => {
  engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
  api = openApi({ address: inject('temporalAddress'), configuration: engine.configuration, tokens: TOKENS })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

/** A follow-up as a rollback starts it when it ends. */
async function owed(changes: Partial<FollowupInput> = {}): Promise<{ runId: string; service: string }> {
  const [runId, service] = [randomUUID(), newService()]
  const input: FollowupInput = {
    format: 1,
    ...{ runId, rollbackId: `rollback/test/${service}`, service, environment: 'test', reason: 'bad', channels: [] },
    obligations: ['merge', 'drop'].map((id) => ({ id, text: `Do ${id}`, owner: 'team', due: Date.now() + 60_000 })),
    ...{ remind: 60_000, events: 1_000 },
    ...changes,
  }
  await engine.client.workflow.start('followup', {
    workflowId: followupId(runId),
    taskQueue: engine.configuration.temporal?.taskQueue ?? '',
    args: [input],
    typedSearchAttributes: [
      { key: defineSearchAttributeKey('UnwindService', 'KEYWORD'), value: service },
      { key: defineSearchAttributeKey('UnwindEnvironment', 'KEYWORD'), value: 'test' },
    ],
  })
  return { runId, service }
}

async function listed(service: string, enough: (found: FollowupDocument[]) => boolean): Promise<FollowupDocument[]> {
  const look = async () =>
    (await api.call<ObligationsDocument>('GET', `/v1/obligations?service=${service}`, undefined, bearer('alice'))).body
      .followups
  return until(look, enough, (seen) => `listed is ${JSON.stringify(seen)}`)
}

test('what is owed is listed without a worker, settled by who may approve, and gone when all is settled', async () => {
  const { runId, service } = await owed()
  const [first] = await listed(service, (found) => found.length === 1)
  expect(first).toMatchObject({ runId, service, environment: 'test', obligations: [{ id: 'merge' }, { id: 'drop' }] })
  const path = (id: string) => `/v1/obligations/${runId}/${id}`
  const note = { note: 'merged as #7' }
  expect(await api.call('POST', path('merge'), note, bearer('reader'))).toMatchObject({ status: 403 })
  expect(await api.call('POST', path('merge'), note, bearer('elsewhere'))).toMatchObject({ status: 403 })
  const settled = await api.call<FollowupDocument>('POST', path('merge'), note, bearer('alice'))
  expect(settled).toMatchObject({
    status: 200,
    body: { obligations: [{ id: 'merge', settled: { by: 'alice', ...note } }, { id: 'drop' }] },
  })
  expect(await api.call('POST', path('merge'), {}, bearer('alice'))).toMatchObject({
    status: 409,
    body: { code: 'DECISION_REFUSED' },
  })
  expect(await api.call('POST', path('other'), {}, bearer('alice'))).toMatchObject({ status: 404 })
  await api.call('POST', path('drop'), {}, bearer('alice'))
  await engine.client.workflow.getHandle(followupId(runId)).result()
  await listed(service, (found) => found.length === 0)
  expect(await api.call('POST', path('drop'), {}, bearer('alice'))).toMatchObject({ status: 404 })
})

test('a message sent twice under one key counts once', async () => {
  const { runId } = await owed()
  const key = { ...bearer('alice'), 'idempotency-key': randomUUID() }
  const send = () => api.call('POST', `/v1/obligations/${runId}/merge`, {}, key)
  expect([await send(), await send()]).toMatchObject([{ status: 200 }, { status: 200 }])
})

test('lists show only the environments that the caller may see, and pages go on where they stopped', async () => {
  const { service } = await owed()
  await listed(service, (found) => found.length === 1)
  const none = await api.call<ObligationsDocument>('GET', '/v1/obligations', undefined, bearer('elsewhere'))
  expect(none.body.followups).toEqual([])
  await owed()
  const ask = (page = '') =>
    api.call<ObligationsDocument>('GET', `/v1/obligations?limit=1${page}`, undefined, bearer('alice'))
  const first = await until(
    () => ask(),
    ({ body }) => body.nextPage !== undefined,
    () => 'there is no second page',
  )
  const second = await ask(`&page=${first.body.nextPage}`)
  expect(second.body.followups[0]?.runId).not.toBe(first.body.followups[0]?.runId)
  const forged = await api.call(
    'GET',
    `/v1/obligations?service=x&page=${first.body.nextPage}`,
    undefined,
    bearer('alice'),
  )
  expect(forged).toMatchObject({ status: 400 })
})

test('nothing is settled without a worker', async () => {
  const { runId } = await owed()
  await engine.stopWorker()
  try {
    const answer = await api.call('POST', `/v1/obligations/${runId}/merge`, {}, bearer('alice'))
    expect(answer).toMatchObject({ status: 503, body: { code: 'NO_WORKER' } })
  } finally {
    await engine.startWorker()
  }
})
