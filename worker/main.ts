import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker'
import { temporalPlace } from '../config/temporal.ts'
import { preload } from '../activities/registry.ts'
import type { Configuration } from '../model/configuration.ts'
import { builtWorkflows } from './bundle.ts'
import { createWorker, readVerifyKeys } from './run.ts'

/** Between two tries to reach Temporal when it is not there yet; a worker may well start before it. */
const RECONNECT_MS = 1_000

/**
 * Runs a worker until it is told to stop (SIGINT, SIGTERM). Waits for Temporal when it isn't there yet. It polls the
 * common queue, and the own queue of every connection whose credentials it holds.
 */
export async function startWorker(
  configuration: Configuration,
  log: (line: string) => void = console.error,
): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN', ({ level, message }) => log(`${level} ${message}`)) })
  const { connectionOptions, namespace } = temporalPlace()
  const workflowBundle = await builtWorkflows()
  const verifyKeys = await readVerifyKeys(configuration)
  const connection = await connect(connectionOptions, log)
  const parts = { configuration, connection, namespace, workflowBundle, verifyKeys }
  const common = await createWorker(parts)
  const others = await Promise.all(
    ownQueues(configuration).map((taskQueue) => createWorker({ ...parts, options: { taskQueue } })),
  )
  log(
    `worker polls ${[common, ...others].map((worker) => worker.options.taskQueue).join(', ')} at ${connectionOptions.address}`,
  )
  const running = runAll([common, ...others])
  // Beside the polling. What can't be loaded fails at its first use, and says so there.
  preload(Object.values(configuration.connections).map(({ kind }) => kind)).catch(() => undefined)
  await running
  await connection.close()
}

async function connect(
  options: NonNullable<Parameters<typeof NativeConnection.connect>[0]>,
  log: (line: string) => void,
): Promise<NativeConnection> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await NativeConnection.connect(options)
    } catch (error) {
      if (attempt === 1) log(`Temporal at ${options.address} does not answer yet; trying again every second`)
      if (error instanceof Error && /certificate|unauthorized|permission/i.test(error.message)) throw error
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
    }
  }
}

function ownQueues({ connections, worker }: Configuration): string[] {
  const queues = Object.entries(connections).flatMap(([name, { taskQueue }]) =>
    taskQueue && worker.credentials[name] ? [taskQueue] : [],
  )
  return [...new Set(queues)]
}

/** One that fails stops the others: a half-working worker would look alive. */
async function runAll(workers: Worker[]): Promise<void> {
  const running = workers.map((worker) => worker.run())
  const stopOthers = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  await Promise.all(running.map((run) => run.finally(stopOthers)))
}
