import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { PlanDocument, RollbackDocument, StartedDocument } from '../../api/schemas/answers.ts'
import type { RunbookList } from '../../api/schemas/runbooks.ts'
import { RunbookSettings } from '../../model/runbook/settings.ts'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { type OpenApi, openApi } from './open.ts'
import { newService, pathOf } from './request.ts'
import { ended } from './run.ts'

let engine: Engine
let api: OpenApi
let folder: string

beforeAll(async () => {
  const address = inject('temporalAddress')
  folder = await mkdtemp(join(tmpdir(), 'unwind-runbooks-'))
  engine = await Engine.start({ temporalAddress: address })
  const runbooks = RunbookSettings.parse({ folder })
  api = openApi({ address, configuration: { ...engine.configuration, runbooks } })
  await writeFile(join(folder, 'drain.yaml'), DRAIN)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  await rm(folder, { recursive: true, force: true })
})

const DRAIN = `apiVersion: unwind/v1
kind: Runbook
metadata: { name: drain, service: drain }
parameters: { object: { type: string }, release: { type: release } }
steps:
  - { id: cache, kind: memory, object: "{{ parameters.object }}" }
`

const shop = (name: string, object: string) => `apiVersion: unwind/v1
kind: Runbook
metadata: { name: ${name}, service: ${name}, owner: team-shop }
parameters:
  release: { type: release, default: v1 }
  cache: { type: string }
contacts: { oncall: log }
decision:
  - { id: paged, question: Did it page?, evidence: alert.labels.severity == "page", onYes: { ask: sure }, onNo: { stop: Wait. } }
  - { id: sure, question: Is it the last release?, onYes: { run: back }, onNo: { stop: Look elsewhere. } }
procedures:
  back:
    - { id: app, kind: memory, object: ${object} }
    - { id: drained, kind: runbook, runbook: drain, when: steps.app.passed, parameters: { object: "{{ parameters.cache }}" } }
    - { id: healthy, kind: check, every: 1s, within: 30s, all: [{ pods: healthy, of: app }] }
    - { id: told, kind: notify, channels: [oncall], text: Done }
communicate: { finished: [oncall] }
`

/** A runbook of its own with two objects that are at v3. */
async function arranged(): Promise<{ name: string; object: string; cache: string }> {
  const name = newService()
  const [object, cache] = [`${name}-a`, `${name}-c`]
  engine.system.put(object, 'v1', 'v2', 'v3')
  engine.system.put(cache, 'v1', 'v2', 'v3')
  await writeFile(join(folder, `${name}.yaml`), shop(name, object))
  return { name, object, cache }
}

const ALERT = { startsAt: '2026-11-24T04:00:00Z', labels: { severity: 'page' } }

function asked(name: string, cache: string, more: object = {}) {
  return { runbook: name, environment: 'test', reason: 'it pages', parameters: { cache }, alert: ALERT, ...more }
}

test('a runbook by its name: decided by evidence and by an answer, all of it carried out to recovered', async () => {
  const { name, object, cache } = await arranged()
  const { status, body } = await api.call<StartedDocument>('POST', '/v1/rollbacks', asked(name, cache))
  expect({ status, service: body.service }).toEqual({ status: 202, service: name })
  const { body: waiting } = await until(
    () => api.call<RollbackDocument>('GET', pathOf(name)),
    (answer) => answer.body.decision?.asking !== undefined,
    (answer) => `it is ${answer?.body.phase}`,
  )
  expect(waiting.decision?.path).toMatchObject([{ id: 'paged', answer: 'yes', by: 'evidence' }])
  const answer = { questionId: 'sure', attempt: waiting.decision?.asking?.attempt, answer: 'yes' }
  await api.call('POST', pathOf(name, 'answers'), answer)
  const done = await ended(api, name)
  expect(done).toMatchObject({ outcome: 'recovered', procedure: 'back', runbook: { name } })
  expect(done.steps.map(({ id, status: state }) => [id, state])).toEqual([
    ['app', 'done'],
    ['drained.cache', 'done'],
    ['healthy', 'done'],
    ['told', 'done'],
  ])
  expect([engine.system.get(object).at, engine.system.get(cache).at]).toEqual(['v1', 'v1'])
})

test('a plan by a runbook says which question is open, and where an answer leads', async () => {
  const { name, cache, object } = await arranged()
  const open = await api.call<PlanDocument>('POST', '/v1/plans', asked(name, cache))
  expect(open.body.decision?.asking).toMatchObject({ id: 'sure' })
  const answered = await api.call<PlanDocument>('POST', '/v1/plans', asked(name, cache, { answers: { sure: 'yes' } }))
  expect(answered.body).toMatchObject({ procedure: 'back', digest: expect.stringMatching(/^[0-9a-f]{64}$/) })
  const stopped = await api.call<PlanDocument>('POST', '/v1/plans', asked(name, cache, { answers: { sure: 'no' } }))
  expect(stopped.body.stop).toBe('Look elsewhere.')
  expect(engine.system.get(object).at).toBe('v3')
})

test.each([
  [{ parameters: {} }, 400, 'parameter cache has no default'],
  [{ parameters: { cahce: 'x' } }, 400, 'did you mean cache?'],
  [{ environment: 'tset' }, 400, 'environment "tset" is not known'],
  [{ runbook: 'drian' }, 404, 'did you mean drain?'],
  [{ alert: { startsAt: 'now', labels: {} } }, 400, 'body.alert.startsAt'],
  [{ steps: [] }, 400, 'unknown key "steps"'],
])('a request that can’t be carried out says why: %j', async (wrong, status, message) => {
  const { name, cache } = await arranged()
  const answer = await api.call('POST', '/v1/rollbacks', asked(name, cache, wrong))
  expect(answer).toMatchObject({ status, body: { detail: expect.stringContaining(message) } })
})

test('a protected environment takes reviewed runbooks only, and no steps in a request', async () => {
  const { name, cache, object } = await arranged()
  const address = inject('temporalAddress')
  const floor = { approvals: [] }
  const environments = { test: { policy: floor, system: 'memory', protected: true } as never }
  const guarded = (reviewed: string[]) => {
    const configuration = {
      ...engine.configuration,
      environments,
      runbooks: RunbookSettings.parse({ folder, reviewed }),
    }
    return openApi({ address, configuration: configuration })
  }
  const { body } = await api.call<RunbookList>('GET', '/v1/runbooks')
  const revisions = body.runbooks.map(({ revision }) => revision)
  const [none, all] = [guarded([]), guarded(revisions)]
  try {
    const refused = await none.call('POST', '/v1/plans', asked(name, cache))
    expect(refused).toMatchObject({ status: 403, body: { detail: expect.stringContaining('runbooks.reviewed') } })
    expect(await all.call('POST', '/v1/plans', asked(name, cache))).toMatchObject({ status: 200 })
    const steps = [{ kind: 'memory', object }]
    const inline = { service: name, environment: 'test', reason: 'it pages', steps }
    expect(await all.call('POST', '/v1/plans', inline)).toMatchObject({ status: 403 })
  } finally {
    await none.close()
    await all.close()
  }
})

test('runbooks are listed and read with their revision, and a text is checked without being kept', async () => {
  const { name } = await arranged()
  const listed = await api.call<RunbookList>('GET', '/v1/runbooks')
  expect(listed.body.runbooks.find((one) => one.name === name)).toMatchObject({
    ...{ service: name, owner: 'team-shop', reviewed: false, environments: ['test'] },
    revision: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(await api.call('GET', `/v1/runbooks/${name}`)).toMatchObject({ body: { document: { kind: 'Runbook' } } })
  expect((await api.call('GET', '/v1/runbooks/nothing')).status).toBe(404)
  const wrong = shop('x', 'o')
    .replace('run: back', 'run: bakc')
    .replace('onYes: { ask: sure }', 'onYes: { ask: paged }')
  const { body } = await api.call('POST', '/v1/runbooks/lint', { text: wrong })
  expect(body).toMatchObject({
    problems: expect.arrayContaining([
      {
        path: 'decision[1].onYes.run',
        line: 10,
        column: 61,
        message: 'there is no procedure bakc; did you mean back?',
      },
      expect.objectContaining({ path: 'decision[0].onYes', message: 'goes round in a circle: paged → paged' }),
    ]),
  })
})

test('last-good is the release that the ledger has verified, named once for all steps; without one the word stays', async () => {
  const { name, object } = await arranged()
  const text = shop(name, object)
    .replace('default: v1 }', 'default: last-good }')
    .replace(/^decision:[^]*?(?=procedures:)/m, '')
  const runbook = text
    .replace('procedures:\n  back:', 'steps:')
    .replace(/ {4}- \{ id: drained.*\n/, '')
    .replaceAll('    - {', '  - {')
  await writeFile(join(folder, `${name}.yaml`), runbook)
  const plan = () =>
    api.call<PlanDocument>('POST', '/v1/plans', {
      runbook: name,
      environment: 'test',
      reason: 'it pages',
      parameters: { cache: 'x' },
    })
  expect(await plan()).toMatchObject({ status: 409, body: { code: 'NO_ROLLBACK_TARGET' } })
  for (const [version, healthy] of [
    ['v1', true],
    ['v2', false],
    ['v3', true],
  ])
    await api.call('POST', `/v1/services/test/${name}/releases`, { version, healthy })
  const { status, body } = await plan()
  expect(status).toBe(200)
  expect(body.steps[0]?.plan?.to).toMatchObject({ revision: 'v1' })
})
