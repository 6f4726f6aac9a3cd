import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { RollbackDocument } from '../../api/schemas/answers.ts'
import type { CompiledRunbook } from '../../model/runbook/compiled.ts'
import { Engine } from '../support/engine.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, openApi } from './open.ts'
import { pathOf } from './request.ts'

const BOB = bearer('bob')
const CAROL = bearer('carol')
const RULE = { min: 1, groups: ['sre'], self: false, expires: 60_000 }

let engine: Engine
let api: OpenApi
beforeAll(async () => {
  const address = inject('temporalAddress')
  engine = await Engine.start({ temporalAddress: address })
  const tokens = [
    { text: 'bob', subject: 'bob', verbs: ['read' as const, 'approve' as const, 'decide' as const] },
    { text: 'carol', subject: 'carol', verbs: ['read' as const, 'break-glass' as const] },
  ]
  api = openApi({ address, configuration: engine.configuration, tokens })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

async function begin(parts: Part[], runbook: Partial<CompiledRunbook> = {}): Promise<string> {
  const input = runbookInput(engine, parts, runbook)
  await engine.begin(input)
  return input.service
}

async function sees(service: string, enough: (document: RollbackDocument) => boolean): Promise<RollbackDocument> {
  const { body } = await until(
    () => api.call<RollbackDocument>('GET', pathOf(service), undefined, BOB),
    ({ body: document }) => enough(document),
    (answer) => `${service} is ${answer?.body.phase}`,
  )
  return body
}

function post(service: string, part: string, body: object, who = BOB) {
  return api.call('POST', pathOf(service, part), body, who)
}

test('a question of the decision tree and a manual step are answered, and the document shows the path', async () => {
  const questions = [
    { id: 'ready', question: 'Is the shop closed?', onYes: { run: 'only' }, onNo: { stop: 'Close it first.' } },
  ]
  const service = await begin([{ role: 'manual', asked: { text: 'Warn the call centre' } }], { questions })
  const asking = await sees(service, ({ decision }) => decision?.asking !== undefined)
  expect(asking).toMatchObject({ phase: 'deciding', decision: { asking: { id: 'ready', attempt: 1 } } })
  const yes = { questionId: 'ready', attempt: 1, answer: 'yes', note: 'since noon' }
  expect(await post(service, 'answers', { ...yes, attempt: 2 })).toMatchObject({
    status: 409,
    body: { code: 'STALE_DECISION' },
  })
  expect(await post(service, 'answers', yes, CAROL)).toMatchObject({ status: 403 })
  expect((await post(service, 'answers', yes)).status).toBe(200)
  const { steps } = await sees(service, ({ steps: [step] }) => step?.asking !== undefined)
  expect(steps[0]).toMatchObject({ role: 'manual', status: 'asking', asking: { question: 'Warn the call centre' } })
  const done = { questionId: 's1', attempt: steps[0]?.attempt, answer: 'yes' }
  expect((await post(service, 'answers', done)).status).toBe(200)
  const ended = await sees(service, ({ phase }) => phase === 'ended')
  expect(ended).toMatchObject({ outcome: 'recovered', procedure: 'only', runbook: { name: 'shop' } })
  expect(ended.decision?.path).toMatchObject([
    { id: 'ready', answer: 'yes', by: { subject: 'bob' }, note: 'since noon' },
  ])
})

test('an item of the checklist is ticked, once', async () => {
  const checklist = [{ id: 'business', phase: 'after' as const, text: 'Confirm with the business', required: true }]
  const service = await begin([{ role: 'wait', asked: { text: 'Drain', wait: 1 } }], { checklist })
  await sees(service, ({ phase }) => phase === 'closing')
  expect(await post(service, 'checklist', { item: 'other' })).toMatchObject({
    status: 409,
    body: { code: 'DECISION_REFUSED' },
  })
  expect((await post(service, 'checklist', { item: 'business', note: 'sales agrees' })).status).toBe(200)
  const ended = await sees(service, ({ phase }) => phase === 'ended')
  expect(ended.checklist?.[0]?.ticked).toMatchObject({ by: 'bob', note: 'sales agrees' })
})

test('breaking the glass is a right of its own, with an incident and a reason, and owes an approval', async () => {
  const rule = { ...RULE, groups: ['board'] }
  const service = await begin([{ role: 'notify', asked: { text: 'Hello', channels: [] } }], { approvals: [rule] })
  const { planDigest } = await sees(service, ({ phase }) => phase === 'awaiting-approval')
  const body = { planDigest, incident: 'INC-7', note: 'nobody of the board answers' }
  expect(await post(service, 'break-glass', body, BOB)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
  const { incident: _incident, ...bare } = body
  expect(await post(service, 'break-glass', bare, CAROL)).toMatchObject({ status: 400 })
  expect((await post(service, 'break-glass', body, CAROL)).status).toBe(200)
  const ended = await sees(service, ({ phase }) => phase === 'ended')
  expect(ended).toMatchObject({ brokenGlass: { by: 'carol', incident: 'INC-7' }, obligations: [{ owner: 'board' }] })
})

test('a step in mid-run is approved by its id', async () => {
  const service = await begin([{ role: 'approve', asked: { text: 'Move the traffic?', rule: RULE } }])
  const { planDigest } = await sees(service, ({ steps: [step] }) => step?.asking !== undefined)
  const yes = { planDigest, decision: 'approve' }
  expect(await post(service, 'approvals', yes)).toMatchObject({ status: 409 })
  expect((await post(service, 'approvals', { ...yes, stepId: 's1' })).status).toBe(200)
  const ended = await sees(service, ({ phase }) => phase === 'ended')
  expect(ended.approvals).toMatchObject([{ actor: { subject: 'bob' }, stepId: 's1' }])
})

test('corrected fields are read by the schema of the kind, and what names the step stays', async () => {
  engine.system.put('fix', 'v1', 'v2', 'v3')
  const service = await begin([{ object: 'fix' }], { timeout: 1 })
  const { parked } = await sees(service, ({ phase }) => phase === 'parked')
  const retry = { stepId: 's1', attempt: parked?.attempt, choice: 'retry' }
  const refused = async (fields: object) => (await post(service, 'decisions', { ...retry, fields })).body.detail
  expect(await refused({ to: 7 })).toContain('fields of s1: to')
  expect(await refused({ system: 'other' })).toContain('system of s1 stays as it is')
  expect(await refused({ nonsense: true })).toContain('nonsense')
  expect((await post(service, 'decisions', { ...retry, fields: { to: 'v1' } })).status).toBe(200)
  const moved = await sees(service, ({ phase }) => phase === 'awaiting-approval')
  expect(moved.steps[0]).toMatchObject({ corrected: { to: 'v1' }, plan: { summary: 'v3 → v1' } })
})

test('the fields of a check and of a wait are durations and counts', async () => {
  const measurements = [{ kind: 'pods', title: 'pods of s1', spec: { pods: 'healthy', of: 's1' }, of: 's1' }]
  const rules = { every: 50, within: 200, consecutive: 2, warmUp: 0, measurements }
  const service = await begin(
    [
      { role: 'check', check: rules },
      { role: 'wait', asked: { text: 'Drain', wait: 1 } },
    ],
    { timeout: 1 },
  )
  const { parked } = await sees(service, ({ phase }) => phase === 'parked')
  const retry = { stepId: 's1', attempt: parked?.attempt, choice: 'retry' }
  const wrong = await post(service, 'decisions', { ...retry, fields: { within: 'long' } })
  expect(wrong).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
  expect(wrong.body.detail).toContain('fields of s1: within')
  expect((await post(service, 'decisions', { ...retry, fields: { within: '10s' } })).status).toBe(200)
})
