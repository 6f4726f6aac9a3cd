import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Ground, openGround } from '../cli/ground.ts'
import { unwind } from '../cli/unwind.ts'
import { SEED } from '../exchange/corpus/sources.ts'
import { type Scraped, startScraped } from '../support/scraped.ts'
import { until } from '../support/until.ts'
import { type PrometheusServer, startPrometheus } from '../../tools/prometheus/server.ts'
import type { RunState } from '../../model/run.ts'

let folder = ''
let shop: Scraped
let prometheus: PrometheusServer
let ground: Ground
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-seed-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'runbooks'))
  shop = await startScraped('api')
  closing.push(shop.close)
  prometheus = await startPrometheus({ jobs: { api: [shop.place] } })
  closing.push(prometheus.stop)
  ground = await openGround(inject('kubeconfig'), inject('temporalAddress'), 'production', configured)
  closing.push(ground.close)
}, 900_000)

afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

/** What import says that the configuration needs: an address, two queries and a channel. */
function configured(text: string): string {
  const rate = (status: string) => `sum(rate(http_requests_total{service="{{ service }}"${status}}[{{ window }}]))`
  const worth = {
    samples: 'sum(increase(http_requests_total{service="{{ service }}"}[{{ window }}]))',
    seen: 'max(timestamp(http_requests_total{service="{{ service }}"}))',
    ...{ minSamples: 20, window: '10s', maxAge: '10s' },
  }
  const buckets = 'sum by (le) (rate(http_request_duration_seconds_bucket{service="{{ service }}"}[{{ window }}]))'
  const metrics = {
    ...{ kind: 'prometheus', environment: 'production', origin: prometheus.url, private: true },
    queries: {
      error_rate: { query: `(${rate(',status=~"5.."')} or vector(0)) / ${rate('')}`, ...worth },
      latency_p99: { query: `histogram_quantile(0.99, ${buckets})`, ...worth },
      requests: { query: rate(''), window: '10s' },
    },
    traffic: 'requests',
  }
  const api = { kind: 'http', environment: 'production', origin: `http://${shop.place}`, private: true }
  const more = {
    channels: { 'ops-alerts': { kind: 'log' }, 'status-page': { kind: 'log' }, 'post-mortem': { kind: 'log' } },
    runbooks: { folder: join(folder, 'runbooks') },
    archive: { folder: join(folder, 'archive') },
  }
  const added = Object.entries({ metrics, api }).map(([name, entry]) => `  ${name}: ${JSON.stringify(entry)}\n`)
  const rest = Object.entries(more).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
  return `${text.replace('connections:\n', `connections:\n${added.join('')}`)}${rest.join('')}`
}

const cli = (...args: string[]) => unwind(args, ground)

async function state(): Promise<RunState> {
  const answer = await fetch(`${ground.url}/v1/rollbacks/production/api`, { signal: AbortSignal.timeout(30_000) })
  return (await answer.json()) as RunState
}

/** Whether Prometheus knows what the service serves. */
async function served(): Promise<boolean> {
  const query = encodeURIComponent('sum(rate(http_requests_total{service="api"}[10s])) > 0')
  const answer = await fetch(`${prometheus.url}/api/v1/query?query=${query}`, { signal: AbortSignal.timeout(10_000) })
  const { data } = (await answer.json()) as { data: { result: unknown[] } }
  return data.result.length > 0
}

const shows = (enough: (state: RunState) => boolean, limit = 120_000) =>
  until(
    state,
    enough,
    (seen) => `the run is ${seen?.phase}, and its last event: ${JSON.stringify(seen?.timeline?.at(-1))}`,
    limit,
  )

test('the runbook as people write it, imported, runs whole: every line is carried out or asked', async () => {
  const seed = join(folder, 'seed.yaml')
  await writeFile(seed, SEED)
  const imported = await cli('runbook', 'import', seed)
  expect(imported.stderr).toContain(
    'The configuration needs a connection of kind prometheus with the queries error_rate',
  )
  // Whoever imports it says what evidence answers; the other question stays with a person.
  const text = imported.stdout.replace(
    '- id: assess\n',
    '- id: assess\n    evidence: alert.startsAt >= release.deployedAt && alert.startsAt - release.deployedAt < duration("1h")\n',
  )
  const path = join(folder, 'runbooks', 'application-rollback.yaml')
  await writeFile(path, text)
  const linted = await cli('runbook', 'lint', path, '-c', join(ground.folder, 'unwind.yaml'))
  expect([linted.code, linted.stdout]).toEqual([0, ''])

  await ground.deploy('v1', { service: 'api' })
  await ground.deploy('v2', { service: 'api' })
  shop.keepCounting(50, { status: 500, seconds: 0.9 })
  await until(served, Boolean, () => 'Prometheus has counted nothing')
  const started = await fetch(`${ground.url}/v1/rollbacks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'seed' },
    body: JSON.stringify({
      ...{ runbook: 'application-rollback', environment: 'production', reason: 'Error rate > 10% for 5m' },
      accept: ['UNVERIFIED_TARGET'],
      alert: { startsAt: new Date(Date.now() + 1_000).toISOString(), labels: { alertname: 'ErrorRate' } },
    }),
  })
  expect(started.status, await started.clone().text()).toBe(202)

  const asked = await shows(({ decision }) => decision?.asking !== undefined)
  expect(asked.decision?.path).toMatchObject([{ id: 'assess', answer: 'yes', by: 'evidence' }])
  expect(asked.decision?.asking?.question).toBe('Y a-t-il des migrations DB dans ce déploiement?')
  expect((await cli('answer', 'api', 'no', '--no-watch')).code).toBe(0)

  const manual = await shows(({ steps }) => steps.some(({ asking }) => asking?.what === 'manual'))
  expect(manual.steps.filter(({ status }) => status === 'done').map(({ kind }) => kind)).toEqual([
    'kubernetes',
    'check',
  ])
  shop.keepCounting(50, { status: 200, seconds: 0.05 })
  expect((await cli('answer', 'api', 'yes', '--note', 'Grafana est vert', '--no-watch')).code).toBe(0)
  // Every line is carried out or asked: nothing is left that a person only ticks.
  expect(manual.checklist ?? []).toEqual([])

  const over = (seen: RunState) =>
    seen.phase === 'parked' || (seen.phase === 'ended' && told(seen).includes('closed: told post-mortem'))
  const ended = await shows(over, 400_000)
  expect(ended, JSON.stringify(ended.parked)).toMatchObject({
    phase: 'ended',
    traffic: expect.stringMatching(/^api serves [\d.]+ requests a second now \(metrics: requests\)$/),
    outcome: 'recovered',
    procedure: 'execute',
  })
  await everyLine(ended)
})

/** What the record says of messages: the event, and the channels that were told. */
function told({ timeline }: Pick<RunState, 'timeline'>): string[] {
  return timeline.flatMap(({ type, text }) => (type === 'told' ? [text] : []))
}

/** What stands in the record and the report for each line of the runbook. */
async function everyLine({ decision, steps, timeline }: RunState): Promise<void> {
  expect(decision?.path.map(({ id, answer, by }) => [id, answer, by === 'evidence'])).toEqual([
    ['assess', 'yes', true],
    ['rollback', 'no', false],
  ])
  expect(steps.map(({ kind, status }) => [kind, status])).toEqual([
    ['kubernetes', 'done'],
    ['check', 'done'],
    ['manual', 'done'],
    ['check', 'done'],
  ])
  expect(steps[0]?.plan?.changes).toContainEqual(expect.objectContaining({ to: expect.stringContaining(':v1') }))
  const validated = steps[3]
  expect(validated?.verdict?.evidence.facts).toMatchObject({ inARow: 4, needed: 4 })
  const measured = JSON.stringify(validated?.samples?.at(-1))
  for (const title of ['error_rate is below 0.01', 'latency_p99 is below 500ms', 'pods of api are healthy'])
    expect(measured).toContain(title)
  for (const line of [
    'started: told status-page',
    'opened: told post-mortem',
    'finished: told',
    'closed: told post-mortem',
  ])
    expect(told({ timeline }).join('\n')).toContain(line)
  for (const channel of ['ops-alerts', 'status-page'])
    expect(told({ timeline }).filter((text) => text.startsWith('finished'))).toContainEqual(
      expect.stringContaining(channel),
    )

  // Markdown escapes what would be markup.
  const report = (await cli('report', 'api')).stdout.replaceAll('\\', '')
  for (const line of ['Y a-t-il des migrations DB', 'error_rate', 'Grafana est vert', 'post-mortem', 'recovered'])
    expect(report).toContain(line)
  const archived = await readdir(join(folder, 'archive'), { recursive: true })
  const markdown = archived.find((name) => name.endsWith('.md'))
  expect(markdown, archived.join()).toBeDefined()
  expect((await readFile(join(folder, 'archive', markdown ?? ''), 'utf8')).replaceAll('\\', '')).toContain(
    'latency_p99',
  )
}
