import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { breakGlassKey } from '../../activities/archive/keys.ts'
import { ReadyDocument } from '../../api/schemas/ready.ts'
import type { Runbook } from '../../model/runbook/document.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { bearer, type OpenApi, type OpenOptions, openApi } from './open.ts'

let engine: Engine
beforeAll(async () => {
  engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
})
afterAll(() => engine.stop())

/** A runbook of one service with these procedures, each of one object in memory. */
function runbook(name: string, objects: string[], environments: string[] = ['test']): LoadedRunbook {
  const steps = (object: string) => [{ kind: 'memory', object, system: 'memory' }]
  const [first = 'none', second] = objects
  const both = second !== undefined && {
    decision: [{ id: 'which', question: 'Is it the first?', onYes: { run: 'first' }, onNo: { run: 'second' } }],
    procedures: { first: steps(first), second: steps(second) },
  }
  const document = {
    apiVersion: 'unwind/v1',
    kind: 'Runbook',
    metadata: { name, service: `of-${name}` },
    environments: Object.fromEntries(environments.map((each) => [each, {}])),
    ...(both || { steps: steps(first) }),
  }
  const revision = '1'.repeat(64)
  return { runbook: document as unknown as Runbook, revision, source: `${name}.yaml`, reviewed: true }
}

function open(runbooks: LoadedRunbook[], more: Partial<OpenOptions> = {}): OpenApi {
  const byName = new Map(runbooks.map((one) => [one.runbook.metadata.name, one]))
  const { configuration } = engine
  return openApi({ address: inject('temporalAddress'), configuration, runbooks: async () => byName, ...more })
}

function object(...revisions: string[]): string {
  const name = `o-${randomUUID()}`
  engine.system.put(name, ...revisions)
  return name
}

async function metric(api: OpenApi, name: string): Promise<string[]> {
  const { body } = await api.call<string>('GET', '/metrics')
  return body.split('\n').filter((line) => line.startsWith(`${name}{`))
}

test('every procedure of every runbook is planned, nothing is changed, and what stands in the way is said', async () => {
  const [good, pruned] = [object('v1', 'v2'), object('v2')]
  const api = open([runbook('well', [good]), runbook('ill', [good, pruned]), runbook('lost', ['never-seen'])])
  const { status, body } = await api.call<ReadyDocument>('POST', '/v1/ready', {})
  expect(status).toBe(200)
  expect(ReadyDocument.strict().parse(body)).toEqual(body)
  expect(body).toMatchObject({
    ready: false,
    unchecked: 0,
    runbooks: [
      { runbook: 'well', service: 'of-well', environment: 'test', ready: true, problems: [] },
      { runbook: 'ill', ready: false, problems: [{ code: 'NO_ROLLBACK_TARGET', procedure: 'second' }] },
      { runbook: 'lost', ready: false, problems: [{ code: 'TARGET_NOT_FOUND' }] },
    ],
  })
  expect(engine.system.get(good).writes).toEqual([])
  expect((await api.call<ReadyDocument>('GET', '/v1/ready')).body).toEqual(body)
  expect(await metric(api, 'unwind_ready')).toEqual([
    'unwind_ready{service="of-well",environment="test"} 1',
    'unwind_ready{service="of-ill",environment="test"} 0',
    'unwind_ready{service="of-lost",environment="test"} 0',
  ])
  await api.close()
})

test('a runbook that can not be compiled for an environment says why, and the others are planned all the same', async () => {
  const good = object('v1', 'v2')
  const api = open([runbook('elsewhere', [good], ['nowhere']), runbook('well', [good])])
  const { body } = await api.call<ReadyDocument>('POST', '/v1/ready', {})
  expect(body.runbooks).toMatchObject([
    { runbook: 'elsewhere', environment: 'nowhere', ready: false, problems: [{ code: 'INVALID_REQUEST' }] },
    { runbook: 'well', ready: true },
  ])
  await api.close()
})

test('a check may be narrowed, needs the verb plan, and shows only the environments that the caller may see', async () => {
  const good = object('v1', 'v2')
  const tokens = [
    { text: 'all', subject: 'alice' },
    { text: 'reader', subject: 'rita', verbs: ['read' as const] },
    { text: 'elsewhere', subject: 'emil', environments: ['elsewhere'] },
  ]
  const api = open([runbook('one', [good]), runbook('two', [good])], { tokens })
  const check = (text: string, body: object) => api.call<ReadyDocument>('POST', '/v1/ready', body, bearer(text))
  expect((await check('all', { runbook: 'two' })).body.runbooks.map((each) => each.runbook)).toEqual(['two'])
  expect(await check('reader', {})).toMatchObject({ status: 403 })
  expect((await check('elsewhere', {})).body).toEqual({ ready: true, runbooks: [], unchecked: 0 })
  const known = await api.call<ReadyDocument>('GET', '/v1/ready', undefined, bearer('elsewhere'))
  expect(known.body.runbooks).toEqual([])
  await api.close()
})

test('without runbooks there is nothing to check, and without a worker each says so', async () => {
  const bare = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
  expect(await bare.call('POST', '/v1/ready', {})).toMatchObject({ status: 404 })
  await bare.close()
  const lonely = { ...engine.configuration, temporal: { taskQueue: `lonely-${randomUUID()}` } }
  const api = open([runbook('well', [object('v1', 'v2')])], { configuration: lonely })
  const { body } = await api.call<ReadyDocument>('POST', '/v1/ready', {})
  expect(body.runbooks).toMatchObject([{ ready: false, problems: [{ code: 'NO_WORKER' }] }])
  await api.close()
})

test('where the configuration says how often, runbooks are checked by themselves', async () => {
  const name = object('v2')
  const configuration = { ...engine.configuration, ready: { every: '200ms' } }
  const api = open([runbook('well', [name])], { configuration })
  const seen = (value: string) =>
    until(
      () => metric(api, 'unwind_ready'),
      (lines) => lines.some((line) => line.endsWith(` ${value}`)),
      (lines) => `unwind_ready is ${JSON.stringify(lines)}, not ${value}`,
    )
  await seen('0')
  engine.system.put(name, 'v1', 'v2')
  await seen('1')
  await api.close()
})

test('what could be planned leaves its break-glass script in the archive, with the names of its steps', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unwind-ready-'))
  const api = open([runbook('scripted', [object('v1', 'v2')])], {
    configuration: { ...engine.configuration, archive: { folder } },
  })
  const { body } = await api.call<ReadyDocument>('POST', '/v1/ready', {})
  expect(body.ready).toBe(true)
  const script = await readFile(join(folder, breakGlassKey({ environment: 'test', service: 'of-scripted' })), 'utf8')
  expect(script).toMatch(/^#!\/bin\/sh\n/)
  expect(script).toContain('memory-1')
  await rm(folder, { recursive: true })
})
