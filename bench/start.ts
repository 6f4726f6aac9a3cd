import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { findBinary } from '../tools/find.ts'
import { claimPort, releasePort } from '../tools/process/ports.ts'
import { answers } from '../tools/process/ready.ts'
import { run } from '../tools/run.ts'
import { startTemporal } from '../tools/temporal/server.ts'
import { until } from '../tools/wait.ts'
import { WORKER_OPTIONS } from '../worker/run.ts'
import { bundleChain } from './parts/engine.ts'
import { alternate, type Bench, figure, timed } from './parts/figure.ts'
import { build, type Closing, ROOT, UNWIND, withClosing } from './parts/ground.ts'

const PATIENCE = { within: 60_000, every: 5 }

export const bench: Bench = {
  title: 'Cold start of each process',
  figures: {
    worker:
      "from the start of unwind worker until Temporal sees it poll, against Temporal's own worker with one activity",
    api: 'from the start of unwind api until it answers /healthz, against Fastify with that one route',
    help: 'unwind --help, against kubectl --help',
    'help, bare': 'unwind --help, against node -e 0',
  },
  runs: 15,
  measure: (runs) =>
    withClosing(async (closing) => {
      await build()
      const ground = await openGround(closing)
      const kubectl = await findBinary('kubectl')
      const help = () => timed(() => run(process.execPath, [UNWIND, '--help']))
      return [
        figure('worker', 'ms', await alternate(runs, workers(ground))),
        figure('api', 'ms', await alternate(runs, apis(ground))),
        figure('help', 'ms', await alternate(runs, { ours: help, other: () => timed(() => run(kubectl, ['--help'])) })),
        figure(
          'help, bare',
          'ms',
          await alternate(runs, { ours: help, other: () => timed(() => run(process.execPath, ['-e', '0'])) }),
        ),
      ]
    }),
}

interface Ground {
  client: Client
  address: string
  folder: string
  /** Path of the bare workflow's code. */
  bundle: string
}

async function openGround(closing: Closing): Promise<Ground> {
  const folder = closing.folder(await mkdtemp(join(tmpdir(), 'unwind-bench-')))
  const { address } = closing.stopping(await startTemporal({ ui: false }))
  const connection = await Connection.connect({ address })
  closing.add(() => connection.close())
  const bundle = join(folder, 'bare.cjs')
  await writeFile(bundle, await bundleChain())
  return { client: new Client({ connection }), address, folder, bundle }
}

/** Each start has a queue of its own, so that no earlier poller is taken for this one. */
function workers({ client, address, folder, bundle }: Ground) {
  const polled = (taskQueue: string, args: string[]) =>
    started(args, { TEMPORAL_ADDRESS: address, TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml') }, async () => {
      const queue = { namespace: 'default', taskQueue: { name: taskQueue }, taskQueueType: WORKFLOW_QUEUE }
      return (await client.workflowService.describeTaskQueue(queue)).pollers.length > 0
    })
  return {
    ours: async () => {
      const taskQueue = randomUUID()
      const config = await configuration(folder, { temporal: { taskQueue } })
      return polled(taskQueue, [UNWIND, 'worker', '--config', config])
    },
    other: () => {
      const taskQueue = randomUUID()
      const call = { address, taskQueue, bundle, options: WORKER_OPTIONS }
      return polled(taskQueue, [script('bare-worker.mjs'), JSON.stringify(call)])
    },
  }
}

function apis({ address, folder }: Ground) {
  const answered = async (args: (port: number) => Promise<string[]>) => {
    const port = await claimPort()
    try {
      const env = { TEMPORAL_ADDRESS: address, TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml') }
      return await started(await args(port), env, () => answers(`http://127.0.0.1:${port}/healthz`))
    } finally {
      releasePort(port)
    }
  }
  return {
    ours: () => answered(async (port) => [UNWIND, 'api', '--config', await configuration(folder, { api: { port } })]),
    other: () => answered(async (port) => [script('bare-api.mjs'), String(port)]),
  }
}

// temporal.api.enums.v1.TaskQueueType
const WORKFLOW_QUEUE = 1

/** Milliseconds from the start of a Node process until `ready`; the process is gone when this resolves. */
async function started(args: string[], env: Record<string, string>, ready: () => Promise<boolean>): Promise<number> {
  let child: ChildProcess | undefined
  try {
    return await timed(async () => {
      child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: 'ignore' })
      const look = () => {
        if (typeof child?.exitCode === 'number') throw new Error(`${args.join(' ')} ended with ${child.exitCode}`)
        return ready()
      }
      await until(`${args[0]} ${args[1]} to be ready`, look, PATIENCE)
    })
  } finally {
    const gone = child && child.exitCode === null ? once(child, 'exit') : undefined
    child?.kill('SIGKILL')
    await gone
  }
}

async function configuration(folder: string, rest: object): Promise<string> {
  const path = join(folder, `${randomUUID()}.yaml`)
  const bench = { cluster: 'bench', namespace: 'bench' }
  const connections = { bench: { kind: 'kubernetes', environment: 'bench', server: 'https://127.0.0.1:1' } }
  const content = { apiVersion: 'unwind/v1', kind: 'Configuration', environments: { bench }, connections, ...rest }
  await writeFile(path, JSON.stringify(content))
  return path
}

function script(name: string): string {
  return fileURLToPath(new URL(`./parts/${name}`, import.meta.url))
}
