import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Runbook } from '../../model/runbook/document.ts'
import { type OpenApi, openApi } from '../api/open.ts'
import { Engine } from '../support/engine.ts'
import { until } from '../support/until.ts'
import { unwind } from './unwind.ts'

let engine: Engine
let api: OpenApi
let folder: string
let url: string
beforeAll(async () => {
  const address = inject('temporalAddress')
  folder = await mkdtemp(join(tmpdir(), 'unwind-cli-drills-'))
  engine = await Engine.start({ temporalAddress: address, configuration: { archive: { folder } } })
  engine.system.put('copy', 'none', 'before')
  engine.system.put('live', 'v1', 'v2')
  api = openApi({ address, configuration: engine.configuration, runbooks })
  url = await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  await rm(folder, { recursive: true, force: true })
})

const runbook = {
  apiVersion: 'unwind/v1',
  kind: 'Runbook',
  metadata: { name: 'stock', service: 'stock' },
  parameters: { copy: { type: 'string', default: 'nothing' } },
  procedures: {
    data: [
      { kind: 'memory', object: '{{ parameters.copy }}', system: 'memory' },
      { kind: 'memory', object: 'live', system: 'memory', data: true },
    ],
  },
  decision: [{ id: 'ask', question: 'Is it the data?', onYes: { run: 'data' }, onNo: { stop: 'Look elsewhere.' } }],
} as unknown as Runbook
const runbooks = async () =>
  new Map([['stock', { runbook, revision: '3'.repeat(64), source: 'stock.yaml', reviewed: true }]])

const type = (...args: string[]) => unwind([...args, '--url', url])

test('a drill is started, listed and scheduled; plans say when one last passed, and “never” before', async () => {
  const plan = ['plan', '--runbook', 'stock', '-e', 'test', '--param', 'copy=copy', '--answer', 'ask=yes']
  expect((await type(...plan)).stdout).toContain('Last successful restore drill: never')
  expect((await type('drill', 'list', 'test/stock')).stdout).toContain('Last successful restore drill: never')
  const start = ['drill', 'start', 'stock', '-e', 'test', '--procedure', 'data', '--param', 'copy=copy']
  expect(await type(...start)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/^Started a drill of stock in test, run .*`unwind drill list test\/stock`\.$/m),
  })
  const { stdout } = await until(
    () => type('drill', 'list', 'test/stock'),
    (listed) => listed.stdout.includes('passed'),
    (listed) => JSON.stringify(listed),
    90_000,
  )
  expect(stdout).toMatch(/^Last successful restore drill: (just now|1 min ago), .*\nNo drill is scheduled\.\n/)
  expect(stdout).toMatch(/AGE +RESULT +TOOK +PROCEDURE +WHY\n\d+s +passed +\S+ \S+ +data/)
  expect((await type(...plan)).stdout).toMatch(/Last successful restore drill: (just now|\d min ago), /)
  const asData = JSON.parse((await type(...plan, '-o', 'json')).stdout) as { lastDrill: unknown }
  expect(asData.lastDrill).toEqual({ at: expect.any(Number), took: expect.any(Number) })
  expect((await type(...plan, '-o', 'markdown')).stdout).toMatch(/Last successful restore drill: \d{4}-.*Z, /)
  expect(engine.system.get('live')).toMatchObject({ at: 'v2', writes: ['v1', 'v2'] })
})

test('a schedule is made, shown and ended; what can not be done says what to do', async () => {
  const parts = ['--param', 'copy=copy']
  expect(await type('drill', 'schedule', 'test/stock', '--every', '1d', ...parts)).toMatchObject({
    code: 0,
    stderr: 'stock in test is drilled every 24 h.\n',
  })
  expect((await type('drill', 'list', 'test/stock')).stdout).toMatch(
    /^Drilled every 24 h, the next one at \d{4}-\d\d-\d\dT\d\d:\d\dZ: stock, procedure data\.$/m,
  )
  expect(await type('drill', 'schedule', 'test/stock', '--every', '5m', ...parts)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('at least 1h'),
  })
  expect(await type('drill', 'schedule', 'test/stock', '--off', '--every', '1d')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('leave --every out'),
  })
  expect(await type('drill', 'schedule', 'test/stock', '--off')).toMatchObject({ code: 0 })
  expect(await type('drill', 'schedule', 'test/stock', '--off')).toMatchObject({ code: 5 })
  expect(await type('drill', 'stop', 'test/stock', '-r', 'wrong day')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('no drill of stock in test runs'),
  })
  expect(await type('drill', 'start', 'stock', '-e', 'test', '--procedure', 'app')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('procedure "app" is not known; there is: data'),
  })
})
