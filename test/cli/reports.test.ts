import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { obligationRows } from '../../cli/render/obligations.ts'
import { readyLines } from '../../cli/render/ready.ts'
import { paint } from '../../cli/render/span.ts'
import { sparkline, statsLines } from '../../cli/render/stats.ts'
import { statsOf } from '../../model/stats/stats.ts'
import type { RunSummary } from '../../model/stats/summary.ts'
import { type OpenApi, openApi } from '../api/open.ts'
import { Engine } from '../support/engine.ts'
import { unwind } from './unwind.ts'

const plain = (lines: Parameters<typeof paint>[0]): string[] =>
  paint(lines, { colour: false, width: Infinity }).map((line) => line.trimEnd())

let engine: Engine
let api: OpenApi
let folder: string
let env: Record<string, string>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-cli-reports-'))
  const archive = { folder: join(folder, 'archive') }
  engine = await Engine.start({ temporalAddress: inject('temporalAddress'), configuration: { archive } })
  api = openApi({ address: inject('temporalAddress'), configuration: engine.configuration })
  env = { UNWIND_URL: await api.app.listen({ host: '127.0.0.1', port: 0 }), UNWIND_ENVIRONMENT: 'test' }
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The service of a rollback that has recovered. */
async function recovered(): Promise<string> {
  const object = `o-${randomUUID()}`
  engine.system.put(object, 'v1', 'v2')
  const run = await engine.rollback([{ object }])
  return (await run.ends()).service
}

test('a post-mortem is written once, its blocks are written anew, and what people wrote stays', async () => {
  const service = await recovered()
  const file = join(folder, 'post-mortem.md')
  const write = () => unwind(['report', service, '--post-mortem', file], { env })
  expect(await write()).toMatchObject({ code: 0, stderr: expect.stringContaining('Wrote') })
  const text = await readFile(file, 'utf8')
  expect(text).toContain(`# Post-mortem: Rollback of ${service} in test: recovered`)
  expect(await write()).toMatchObject({ code: 0, stderr: expect.stringContaining('as fresh as the report') })
  const edited = text
    .replace('## Root cause', '## Root cause\n\nA flag was on.')
    .replace('the release is bad', 'FORGED')
  await writeFile(file, edited)
  expect((await write()).code).toBe(0)
  expect(await readFile(file, 'utf8')).toBe(text.replace('## Root cause', '## Root cause\n\nA flag was on.'))
})

test('a file that is not a post-mortem of ours is left as it is', async () => {
  const service = await recovered()
  const file = join(folder, 'notes.md')
  await writeFile(file, '# My notes\n')
  const done = await unwind(['report', service, '--post-mortem', file], { env })
  expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('holds no generated block') })
  expect(await readFile(file, 'utf8')).toBe('# My notes\n')
})

test('figures come as a table or as data', async () => {
  const service = await recovered()
  const table = await unwind(['stats', '--service', service], { env })
  expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`test +${service} +1 +1 +-`)) })
  const data = await unwind(['stats', '--service', service, '-o', 'json'], { env })
  expect(JSON.parse(data.stdout)).toMatchObject({ all: { runs: 1 }, truncated: false })
})

test('what is owed is listed and settled, and nothing to list is said on stderr', async () => {
  const none = await unwind(['obligations', '--service', 'nobody'], { env })
  expect(none).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('Nothing is owed') })
  const lost = await unwind(['obligations', 'settle', randomUUID(), 'approval'], { env })
  expect(lost).toMatchObject({ code: 5, stderr: expect.stringContaining('nothing is owed') })
})

test('readiness without runbooks says what to configure', async () => {
  const done = await unwind(['ready'], { env })
  expect(done).toMatchObject({ code: 5, stderr: expect.stringContaining('set runbooks in unwind.yaml') })
})

test('a row of bars is as high as its values, and shows where there is none', () => {
  expect(sparkline([undefined, 1, 4, 8, 0])).toBe('·▂▅█·')
  expect(sparkline([])).toBe('')
})

test('figures of each service stand above those of all, and the trend below', () => {
  const now = Date.UTC(2026, 0, 14, 12)
  const startedAt = new Date(now).toISOString()
  const run: RunSummary = {
    ...{ format: 1, runId: 'r', service: 'shop', environment: 'production', startedAt, outcome: 'recovered' },
    ...{ decide: 60_000, mitigate: 90_000, recover: 120_000 },
  }
  const stats = statsOf([run, { ...run, outcome: 'aborted', recover: 1_000 }], now, 2)
  expect(plain(statsLines(stats))).toEqual([
    '2026-01-05 to 2026-01-14; times are median / 90th percentile',
    'ENVIRONMENT   SERVICE   RUNS   RECOVERED   OTHERWISE   DECIDE          MITIGATE                  RECOVER',
    'production    shop      2      1           1 aborted   1 min / 1 min   1 min 30 s / 1 min 30 s   1 min 1 s / 1 min 48 s',
    'all                     2      1           1 aborted   1 min / 1 min   1 min 30 s / 1 min 30 s   1 min 1 s / 1 min 48 s',
    '',
    'Runs by week            ·█  at most 2',
    'Median time to recover  ·█  at most 1 min 1 s',
  ])
})

test('what is due first stands on top, and what is late says so', () => {
  const owed = (id: string, due: number) => ({ id, text: `Do ${id}`, owner: 'team', due })
  const about = { runId: 'r1', service: 'shop', environment: 'test', reason: 'bad', since: 0 }
  const settled = { ...owed('done', 0), settled: { at: 0, by: 'anna' } }
  const rows = obligationRows(
    [{ ...about, obligations: [owed('later', 600_000), owed('late', 100_000), settled] }],
    220_000,
  )
  expect(plain(rows).slice(1)).toEqual([
    'test          shop      2m late   team    late    r1    Do late',
    'test          shop      in 6m     team    later   r1    Do later',
  ])
})

test('what stands in the way of a runbook stands below the table', () => {
  const base = { revision: 'r', service: 'shop', environment: 'test', checkedAt: '2026-01-14T12:00:00.000Z' }
  const problem = { code: 'TARGET_FORBIDDEN', message: 'may not get deployments', procedure: 'app-only' }
  const lines = readyLines({
    ready: false,
    unchecked: 0,
    runbooks: [
      { ...base, runbook: 'well', ready: true, problems: [] },
      { ...base, runbook: 'ill', ready: false, problems: [problem] },
    ],
  })
  expect(plain(lines)).toEqual([
    'ENVIRONMENT   SERVICE   RUNBOOK   STATUS',
    'test          shop      well      ready',
    'test          shop      ill       1 problem',
    '',
    '! ill in test, app-only: TARGET_FORBIDDEN: may not get deployments',
  ])
})
