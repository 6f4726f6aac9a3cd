import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { measurements } from '../../activities/checks/schemas.ts'
import { RunbookDocument } from '../../activities/runbook.ts'
import { kinds } from '../../activities/schemas.ts'
import { Configuration } from '../../model/configuration.ts'
import { rollbackId } from '../../model/ids.ts'
import type { RunState } from '../../model/run.ts'
import { compileRunbook } from '../../model/runbook/compile.ts'
import { type Cluster, startCluster } from '../../tools/kubernetes/cluster.ts'
import { createWorker } from '../../worker/run.ts'
import { workflowBundle } from '../support/bundle.ts'
import { until } from '../support/until.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'

const ends: (() => Promise<unknown>)[] = []
const labs: Lab[] = []
let second: Cluster
let client: Client
let configuration: Configuration
/** What each cluster's own service answers. */
const health = new Map<string, number>()

/** Two control planes, each under the name of the lab's namespace there; a worker with both, and their services. */
beforeAll(async () => {
  second = await startCluster()
  ends.push(() => second.stop())
  for (const kubeconfig of [inject('kubeconfig'), second.kubeconfig]) {
    const lab = await openLab(kubeconfig, 'unwind-clusters')
    labs.push(lab)
    ends.push(() => lab.close())
  }
  const server = createServer((request, response) => {
    response.writeHead(health.get(request.url?.slice(1) ?? '') ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => closed(server))
  configuration = Configuration.parse(written((server.address() as AddressInfo).port))
  const address = inject('temporalAddress')
  const connection = await Connection.connect({ address })
  ends.push(() => connection.close())
  client = new Client({ connection })
  const native = await NativeConnection.connect({ address })
  const bundle = await workflowBundle()
  const parts = { configuration, connection: native, namespace: 'default', workflowBundle: bundle, verifyKeys: [] }
  const worker = await createWorker({ ...parts, options: { shutdownGraceTime: 0 } })
  const running = worker.run()
  ends.push(async () => {
    worker.shutdown()
    await running
    await native.close()
  })
})

afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function written(port: number): object {
  const clusters = labs.map(({ namespace, kubeconfig }) => {
    const pin = pinOf(loadKubeConfig({ kubeconfig }, namespace), namespace)
    return [namespace, { kind: 'kubernetes', environment: 'test', ...pin }] as const
  })
  const shop = { kind: 'http', environment: 'test', origin: `http://127.0.0.1:${port}`, private: true }
  return {
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { test: {} },
    connections: { ...Object.fromEntries(clusters), shop },
    temporal: { taskQueue: randomUUID() },
    worker: { credentials: Object.fromEntries(labs.map(({ namespace, kubeconfig }) => [namespace, { kubeconfig }])) },
  }
}

/** Rolls a Deployment of this name back in all clusters. */
async function begin(name: string, more: object = {}) {
  for (const lab of labs) {
    await lab.deploy(name, { image: '3.9' })
    await lab.deploy(name, { image: '3.10' })
  }
  const cluster = '{{ parameters.cluster }}'
  const check = { kind: 'check', every: '1s', within: '2s', all: [{ http: 'shop', path: `/${cluster}` }] }
  const app = { id: 'app', kind: 'kubernetes', workload: `deployment/${name}`, namespace: cluster, soak: '0s' }
  const entry = { clusters: labs.map(({ namespace }) => namespace), steps: [app, { id: 'health', ...check }], ...more }
  const runbook = RunbookDocument.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Runbook', metadata: { name, service: name } },
    steps: [entry],
  })
  const loaded = { runbook, revision: '0'.repeat(64), source: 'a test', reviewed: true }
  const around = { configuration, kinds, measurements, others: new Map() }
  const request = { environment: 'test', reason: 'the release is bad', accept: ['UNVERIFIED_TARGET'] }
  const input = compileRunbook(loaded, request, around, { subject: 'alice', groups: [] })
  return client.workflow.start('rollback', {
    ...{ workflowId: rollbackId('test', name), taskQueue: configuration.temporal?.taskQueue ?? '', args: [input] },
  })
}

type Run = Awaited<ReturnType<typeof begin>>

function reaches(run: Run, wanted: (state: RunState) => boolean): Promise<RunState> {
  return until(
    () => run.query<RunState>('state'),
    wanted,
    (state) => `the run is ${JSON.stringify(state).slice(0, 2_000)}`,
    120_000,
  )
}

async function images(name: string): Promise<string[]> {
  const found = await Promise.all(labs.map((lab) => lab.workload(name)))
  return found.map(({ spec }) => /pause:([\d.]+)/.exec(JSON.stringify(spec.template))?.[1] ?? '')
}

test('two control planes go back one after the other; the one that fails parks by its name, and the next has not begun', async () => {
  const [first = '', other = ''] = labs.map(({ namespace }) => namespace)
  health.set(first, 500)
  const run = await begin('shop', { pause: '1s' })
  const parked = await reaches(run, ({ phase }) => phase === 'parked' || phase === 'ended')
  expect(parked.parked).toMatchObject({ stepId: `${first}.health`, problem: { code: 'VERIFY_FAILED' } })
  expect(await images('shop')).toEqual(['3.9', '3.10'])
  expect(parked.steps.map(({ id, status, title }) => [id, status, title.startsWith(id.split('.')[0] ?? '')])).toEqual([
    [`${first}.app`, 'done', true],
    [`${first}.health`, 'parked', true],
    [`${other}.pause`, 'waiting', true],
    [`${other}.app`, 'planned', true],
    [`${other}.health`, 'waiting', true],
  ])
  health.set(first, 200)
  const { attempt } = parked.parked ?? { attempt: 0 }
  await run.executeUpdate('decide', { args: [{ stepId: `${first}.health`, attempt, choice: 'retry' }] })
  const ended = await reaches(run, ({ phase }) => phase === 'ended')
  expect(ended.outcome).toBe('recovered')
  expect(await images('shop')).toEqual(['3.9', '3.9'])
  const at = (id: string) => ended.steps.find((step) => step.id === id)
  const waited = (at(`${other}.app`)?.startedAt ?? 0) - (at(`${first}.health`)?.endedAt ?? 0)
  expect(waited).toBeGreaterThanOrEqual(1_000)
})

test('within the budget both go back at the same time', async () => {
  health.clear()
  const run = await begin('together', { budget: 2 })
  const ended = await reaches(run, ({ phase }) => phase === 'ended' || phase === 'parked')
  expect(ended).toMatchObject({ phase: 'ended', outcome: 'recovered' })
  expect(await images('together')).toEqual(['3.9', '3.9'])
  const [one, two] = ended.steps
  expect(one?.startedAt).toBeLessThan(two?.endedAt ?? 0)
  expect(two?.startedAt).toBeLessThan(one?.endedAt ?? 0)
})
