import { randomUUID } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { compile } from '../../model/compile.ts'
import { rollbackId } from '../../model/ids.ts'
import type { RunState } from '../../model/run.ts'
import { ALICE, memoryConfiguration } from '../../test/support/engine.ts'
import { memoryKind } from '../../test/support/memory-target.ts'
import { type RunningProcess, startProcess } from '../../tools/process.ts'
import { startTemporal } from '../../tools/temporal/server.ts'
import { until } from '../../tools/wait.ts'
import { bundleWorkflows } from '../../worker/bundle.ts'
import { WORKER_OPTIONS } from '../../worker/run.ts'
import { type Closing, ROOT } from './ground.ts'
import { type Stages, stagesOf } from './stages.ts'
import type { WorkerCall } from './worker.ts'

/** A run that does not end within so long is broken; Temporal then ends it, and the bench fails. */
const LIMIT = '5 minutes'

const OPEN_LOCKS = 'WorkflowType = "lock" AND ExecutionStatus = "Running"'

/** One Temporal, and two worker processes on it: the engine with a system in memory, and a bare one. */
export interface Engines {
  ours: RunningProcess
  other: RunningProcess
  /** Runs a rollback of so many steps to its end: of this service, or of one that nobody has heard of. */
  rollback(steps: number, service?: string): Promise<void>
  /** Runs the bare chain of these stages to its end. */
  chain(stages: Stages): Promise<void>
  /** Resolves when the locks of all rollbacks have ended: a run does not wait for that, and the next sample shall not. */
  settled(): Promise<void>
  /** The stages of activities that a rollback of so many steps really has: read from the history of one. */
  stages(steps: number): Promise<Stages>
}

export async function openEngines(closing: Closing): Promise<Engines> {
  const folder = closing.folder(await mkdtemp(join(tmpdir(), 'unwind-bench-')))
  const { address } = closing.stopping(await startTemporal({ ui: false }))
  const connection = await Connection.connect({ address })
  closing.add(() => connection.close())
  const client = new Client({ connection })
  const start = async (name: string, script: string, code: string) => {
    const call: WorkerCall = { address, taskQueue: name, bundle: join(folder, `${name}.cjs`), options: WORKER_OPTIONS }
    await writeFile(call.bundle, code)
    return closing.stopping(await startWorker(folder, name, script, call))
  }
  const ours = await start('ours', 'worker.ts', await bundleWorkflows())
  const other = await start('other', 'bare-worker.mjs', await bundleChain())
  return {
    ...{ ours, other },
    rollback: async (steps, service) => void (await rollback(client, steps, service)),
    chain: async (stages) => {
      const options = { workflowId: randomUUID(), taskQueue: 'other', workflowExecutionTimeout: LIMIT } as const
      await client.workflow.execute('chain', { ...options, args: [stages] })
    },
    settled: async () => {
      const ended = async () => (await client.workflow.count(OPEN_LOCKS)).count === 0
      await until('all locks to end', ended, { within: 60_000, every: 20 })
    },
    stages: async (steps) => stagesOf((await (await rollback(client, steps)).fetchHistory()).events ?? []),
  }
}

/** The code of the bare workflow, bundled as ours is. */
export async function bundleChain(): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('./chain.ts', import.meta.url))
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') })
  return code
}

async function rollback(client: Client, count: number, service = `s-${randomUUID()}`): Promise<WorkflowHandle> {
  const release = randomUUID().slice(0, 8)
  const steps = Array.from({ length: count }, (_, at) => ({ kind: 'memory', object: `${release}-${at}` }))
  const request = { service, environment: 'test', reason: 'the release is bad', steps }
  const handle = await client.workflow.start('rollback', {
    workflowId: rollbackId('test', service),
    taskQueue: 'ours',
    workflowExecutionTimeout: LIMIT,
    args: [compile(request, memoryConfiguration({}, 'ours'), { memory: memoryKind }, ALICE)],
  })
  const { outcome, problem } = (await handle.result()) as RunState
  if (outcome !== 'recovered') throw new Error(`${service} ended ${outcome}: ${problem?.message ?? 'no reason given'}`)
  return handle
}

/** Both with the loader of TypeScript, so that it counts on neither side. */
function startWorker(folder: string, name: string, script: string, call: WorkerCall): Promise<RunningProcess> {
  return startProcess({
    name,
    command: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(new URL(script, import.meta.url)), JSON.stringify(call)],
    cwd: ROOT,
    folder: { path: folder, temporary: false },
    // The pair that does not count waits until it polls.
    ready: async () => true,
  })
}
