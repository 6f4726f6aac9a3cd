import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { Configuration } from '../../model/configuration.ts'
import { watchId } from '../../model/ids.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import type { RunState } from '../../model/run.ts'
import { type PrometheusServer, startPrometheus } from '../../tools/prometheus/server.ts'
import { startTemporal } from '../../tools/temporal/server.ts'
import { createWorker } from '../../worker/run.ts'
import { type OpenApi, openApi } from '../api/open.ts'
import { workflowBundle } from '../support/bundle.ts'
import { publicKey } from '../support/engine.ts'
import { type Scraped, startScraped } from '../support/scraped.ts'
import { until } from '../support/until.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { IMAGE } from '../targets/kubernetes-manifests.ts'
import { rolloutLab, type RolloutLab } from './lab.ts'

const SERVICE = 'checkout'
let lab: Lab
let hands: RolloutLab
let shop: Scraped
let prometheus: PrometheusServer
let api: OpenApi
let client: Client
/** What people were told, by the key that says which message is which. */
const told = new Map<string, string>()
const closing: (() => unknown)[] = []

beforeAll(async () => {
  process.env['UNWIND_TEST_SIGNING'] = 'a secret of some length'
  lab = await openLab(inject('kubeconfig'))
  closing.push(() => lab.close())
  hands = rolloutLab(lab)
  shop = await startScraped(SERVICE)
  closing.push(shop.close)
  prometheus = await startPrometheus({ jobs: { shop: [shop.place] } })
  closing.push(prometheus.stop)
  const temporal = await startTemporal({ ui: false })
  closing.push(() => temporal.stop())
  const configuration = configured(await people())
  const connection = await NativeConnection.connect({ address: temporal.address })
  const bundle = await workflowBundle()
  const parts = { configuration, connection, namespace: 'default', workflowBundle: bundle, verifyKeys: [publicKey] }
  const worker = await createWorker(parts)
  const running = worker.run()
  closing.push(async () => {
    worker.shutdown()
    await running
    await connection.close()
  })
  const runbooks = new Map([[SERVICE, runbook()]])
  api = openApi({ address: temporal.address, configuration, runbooks: async () => runbooks })
  closing.push(() => api.close())
  const plain = await Connection.connect({ address: temporal.address })
  closing.push(() => plain.close())
  client = new Client({ connection: plain })
}, 300_000)
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
}, 120_000)

/** Where messages to people arrive. */
async function people(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, type } = JSON.parse(Buffer.concat(chunks).toString()) as { id: string; type: string }
      told.set(id, type.replace('dev.unwind.rollback.', ''))
      response.end('{}')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function configured(origin: string): Configuration {
  const pin = pinOf(loadKubeConfig({ kubeconfig: lab.kubeconfig }, 'lab'), 'lab')
  return Configuration.parse({
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: {
      test: { cluster: 'cluster', namespace: lab.namespace, automatic: 'auto', policy: { approvals: [] } },
    },
    connections: { cluster: { kind: 'kubernetes', environment: 'test', ...pin } },
    channels: { people: { kind: 'webhook', origin } },
    triggers: { gather: '500ms' },
    worker: {
      credentials: { cluster: { kubeconfig: lab.kubeconfig } },
      channels: { people: { signingSecret: { env: 'UNWIND_TEST_SIGNING' } } },
    },
  })
}

/** The Rollout goes back, and what else belongs to the release: whoever reads its queue stops. */
function runbook(): LoadedRunbook {
  const check = { aborted: `rollout/${SERVICE}`, namespace: lab.namespace, for: '0s', every: '1s' }
  return {
    runbook: {
      apiVersion: 'unwind/v1',
      kind: 'Runbook',
      metadata: { name: SERVICE, service: SERVICE },
      environments: { test: {} },
      triggers: [{ id: 'canary', check, mode: 'auto' }],
      steps: [
        { id: 'app', kind: 'argo-rollouts', rollout: SERVICE, to: 'stable', soak: '1s' },
        { id: 'worker', kind: 'kubernetes-scale', workload: `deployment/${SERVICE}-worker`, to: 'zero' },
      ],
      communicate: { started: ['people'], finished: ['people'], needsPerson: ['people'] },
    },
    ...{ revision: '1'.repeat(64), source: 'test', reviewed: true },
  } as unknown as LoadedRunbook
}

/** Asks the real Prometheus for the share of errors; what can't be told is neither good nor bad. */
function analysis(): object {
  const rate = (more = '') => `sum(rate(http_requests_total{service="${SERVICE}"${more}}[5s]))`
  return {
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name: 'errors' } },
    spec: {
      metrics: [
        {
          ...{ name: 'errors', interval: '1s', count: 30, failureLimit: 2, consecutiveErrorLimit: 10 },
          ...{ successCondition: 'result[0] < 0.1', failureCondition: 'result[0] >= 0.1' },
          provider: { prometheus: { address: prometheus.url, query: `${rate(',status="500"')} / ${rate()}` } },
        },
      ],
    },
  }
}

const strategy = {
  canary: {
    ...{ maxSurge: 1, maxUnavailable: 0 },
    steps: [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'errors' }] } }],
  },
}

test('a canary whose analysis fails on real Prometheus data aborts by itself; Unwind finishes the job and reports one incident', async () => {
  await lab.apply(analysis())
  await lab.deploy(`${SERVICE}-worker`, { image: '3.8', replicas: 1 })
  shop.keepCounting(50)
  await hands.deploy(SERVICE, { image: '3.8', strategy })
  const good = (await hands.rollout(SERVICE)).status?.stableRS
  const record = (version: string, more: object) =>
    api.call('POST', `/v1/services/test/${SERVICE}/releases`, { version, images: [`${IMAGE}:${version}`], ...more })
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  expect((await record('3.8', { healthy: true, deployedAt: minutesAgo(60) })).status).toBeLessThan(300)
  await api.app.ready()
  // The bad release: its canary answers with errors.
  expect((await record('3.9', { startedAt: minutesAgo(1) })).status).toBeLessThan(300)
  shop.keepCounting(50, { status: 500 })
  await hands.deploy(SERVICE, { image: '3.9', strategy }, ['Progressing', 'Degraded'])
  const bad = (await hands.sees(SERVICE, ({ status }) => status?.abort === true)).status?.currentPodHash
  expect(bad).not.toBe(good)
  const ended = await until(
    async () => (await api.call<RunState>('GET', `/v1/rollbacks/test/${SERVICE}`)).body,
    ({ outcome }) => outcome !== undefined,
    (seen) => `the run is ${JSON.stringify(seen).slice(0, 600)}`,
    120_000,
  )
  expect(ended.outcome).toBe('recovered')
  expect(ended.startedBy.subject).toBe(`trigger:${SERVICE}/canary`)
  const rollout = await hands.rollout(SERVICE)
  expect(rollout.spec.template?.spec?.containers?.[0]?.image).toBe(`${IMAGE}:3.8`)
  expect(rollout.status).toMatchObject({ phase: 'Healthy', stableRS: good, currentPodHash: good })
  expect((await lab.workload(`${SERVICE}-worker`)).spec.replicas).toBe(0)
  await oneIncident()
}, 300_000)

/** As long as the condition could have fired again several times: one episode, one proposal, one run, one message of each sort. */
async function oneIncident(): Promise<void> {
  const watch = client.workflow.getHandle(watchId('test', SERVICE, 'canary'))
  const looks = async () => (await watch.query<{ looks: number }>('watch')).looks
  const before = await looks()
  await until(
    looks,
    (now) => now >= before + 4,
    (now) => `the watch has looked ${now} times`,
    60_000,
  )
  const { body } = await api.call<{ episodes: object[]; runs: object[] }>('GET', `/v1/services/test/${SERVICE}`)
  expect(body.episodes).toEqual([expect.objectContaining({ trigger: 'canary', standing: 'ended' })])
  const started = [...told].flatMap(([id, type]) => (type === 'started' ? [id] : []))
  // The episode says that it has started a rollback, and the rollback that it has begun: each once.
  expect(started.filter((id) => id.startsWith(`${SERVICE}-canary-`))).toHaveLength(1)
  expect(started).toHaveLength(2)
  expect([...told.values()].filter((type) => type !== 'started').toSorted()).toEqual(['finished'])
}
