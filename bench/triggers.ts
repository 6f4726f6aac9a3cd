import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { say } from '../tools/find/progress.ts'
import { claimPort, releasePort } from '../tools/process/ports.ts'
import { startTemporal } from '../tools/temporal/server.ts'
import { until } from '../tools/wait.ts'
import { alternate, type Bench, figure, quantile } from './parts/figure.ts'
import { type Flood, flood } from './parts/flood.ts'
import { build, type Closing, ROOT, UNWIND, withClosing } from './parts/ground.ts'
import { type Memory, peakOf } from './parts/memory.ts'

const EPISODES = 50
const RATE = 1_000
const SECONDS = 60
const HOOK = '/v1/triggers/alertmanager'
/** Temporal lists what it has a moment later, and a busy machine takes its time. */
const PATIENCE = { within: 120_000, every: 500 }

interface Sample extends Flood {
  memory: Memory
}

export const bench: Bench = {
  title: `${RATE} alerts a second for ${SECONDS} s, over ${EPISODES} episodes`,
  figures: {
    'hook p99': 'until a post is answered, 99th percentile, against Fastify with that one route and nothing behind it',
    'hook answered': 'posts answered with 202, of all; what is not is told to come again (503) and was never taken',
    'hook memory growth': 'largest resident memory of the API process, less what it held before',
  },
  runs: 1,
  measure: (runs) =>
    withClosing(async (closing) => {
      await build()
      const ground = await openGround(closing)
      let turn = 0
      const pairs = await alternate(runs, {
        ours: () => ours(ground, ++turn),
        other: () =>
          served([fileURLToPath(new URL('./parts/bare-hook.mjs', import.meta.url))], {}, (port, pid) =>
            pour(port, pid, 0),
          ),
      })
      const each = (read: (sample: Sample) => number) => ({ ours: pairs.ours.map(read), other: pairs.other.map(read) })
      return [
        figure(
          'hook p99',
          'ms',
          each(({ took }) => quantile(took, 0.99)),
        ),
        figure(
          'hook answered',
          '%',
          each(({ statuses, took }) => (100 * (statuses[202] ?? 0)) / took.length),
        ),
        figure(
          'hook memory growth',
          'MiB',
          each(({ memory }) => memory.growth),
        ),
      ]
    }),
}

interface Ground {
  client: Client
  address: string
  folder: string
}

async function openGround(closing: Closing): Promise<Ground> {
  const folder = closing.folder(await mkdtemp(join(tmpdir(), 'unwind-bench-')))
  const { address } = closing.stopping(await startTemporal({ ui: false }))
  const connection = await Connection.connect({ address })
  closing.add(() => connection.close())
  return { client: new Client({ connection }), address, folder }
}

/** The real API before a real Temporal. Throws unless every episode has exactly one proposal afterwards. */
async function ours({ client, address, folder }: Ground, turn: number): Promise<Sample> {
  const environment = `bench-${turn}`
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml') }
  const runbooks = await writeRunbooks(join(folder, `runbooks-${turn}`), environment)
  const sample = await served(
    async (port) => [UNWIND, 'api', '--config', await configuration(folder, environment, { port, runbooks })],
    env,
    (port, pid) => pour(port, pid, turn),
  )
  const query = `WorkflowType = "proposal" AND UnwindEnvironment = "${environment}"`
  const count = async () => (await client.workflow.count(query)).count
  await until(`${EPISODES} proposals to be there`, async () => (await count()) >= EPISODES, PATIENCE)
  const found = await count()
  if (found !== EPISODES) throw new Error(`${EPISODES} episodes have led to ${found} proposals`)
  const shown = Object.entries(sample.statuses).map(([status, times]) => `${times} × ${status}`)
  say(`${EPISODES} episodes, ${found} proposals; answers: ${shown.join(', ')}, none: ${sample.lost}`)
  return sample
}

async function pour(port: number, pid: number, turn: number): Promise<Sample> {
  const url = `http://127.0.0.1:${port}${HOOK}`
  const startsAt = new Date().toISOString()
  const bodies = Array.from({ length: EPISODES }, (_, at) =>
    JSON.stringify(bodyOf(`s${at}`, `bench-${turn}`, startsAt)),
  )
  let found: Flood | undefined
  const memory = await peakOf(pid, async () => {
    found = await flood(url, { bodies, rate: RATE, seconds: SECONDS })
  })
  if (!found) throw new Error('a flood that has ended has found something')
  return { ...found, memory }
}

function bodyOf(service: string, environment: string, startsAt: string): object {
  const labels = { alertname: 'Errors', service, environment, severity: 'critical', instance: '10.0.0.1:9090' }
  const alert = { status: 'firing', labels, annotations: { summary: 'many errors' }, startsAt, fingerprint: service }
  return { version: '4', status: 'firing', groupKey: `{}:{service="${service}"}`, receiver: 'unwind', alerts: [alert] }
}

async function writeRunbooks(folder: string, environment: string): Promise<string> {
  await mkdir(folder)
  for (let at = 0; at < EPISODES; at++) {
    const runbook = {
      apiVersion: 'unwind/v1',
      kind: 'Runbook',
      metadata: { name: `s${at}`, service: `s${at}` },
      environments: { [environment]: {} },
      triggers: [{ id: 'errors', match: { alertname: 'Errors', service: `s${at}` } }],
      steps: [{ kind: 'kubernetes', workload: `deployment/s${at}` }],
    }
    await writeFile(join(folder, `s${at}.yaml`), JSON.stringify(runbook))
  }
  return folder
}

async function configuration(
  folder: string,
  environment: string,
  { port, runbooks }: { port: number; runbooks: string },
): Promise<string> {
  const path = join(folder, `${environment}.yaml`)
  const content = {
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { [environment]: { cluster: 'bench', namespace: 'bench' } },
    connections: {
      bench: { kind: 'kubernetes', environment, server: 'https://127.0.0.1:1', caSha256: '0'.repeat(64) },
    },
    runbooks: { folder: runbooks },
    api: { port },
  }
  await writeFile(path, JSON.stringify(content))
  return path
}

type Arguments = string[] | ((port: number) => Promise<string[]>)

/** Starts a Node process on a free port, does the work with it, and ends it. */
async function served<Result>(
  args: Arguments,
  env: Record<string, string>,
  work: (port: number, pid: number) => Promise<Result>,
): Promise<Result> {
  const port = await claimPort()
  let child: ChildProcess | undefined
  try {
    const line = Array.isArray(args) ? [...args, String(port)] : await args(port)
    child = spawn(process.execPath, line, { cwd: ROOT, env: { ...process.env, ...env }, stdio: 'ignore' })
    const ready = () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      )
    await until(`${line[0]} to listen`, ready, { within: 60_000, every: 50 })
    return await work(port, child.pid ?? 0)
  } finally {
    const gone = child && child.exitCode === null ? once(child, 'exit') : undefined
    child?.kill('SIGKILL')
    await gone
    releasePort(port)
  }
}
