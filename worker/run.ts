import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker'
import { createActivities } from '../activities/index.ts'
import type { Target } from '../model/target.ts'
import type { Configuration } from '../model/configuration.ts'
import { UnwindError } from '../model/errors.ts'
import { TASK_QUEUE } from '../model/ids.ts'

/** After the loss of a worker its runs wait so long for it before another one takes them; Temporal's default is 10 s. */
const STICKY_TIMEOUT = '2s'
/** A verb that waits answers a shutdown at its next pause; this covers one request to a system. */
const SHUTDOWN_GRACE = '15s'

/** How a worker of Unwind differs from Temporal's defaults. */
export const WORKER_OPTIONS = {
  stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
  shutdownGraceTime: SHUTDOWN_GRACE,
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentLocalActivityExecutions: 200,
  maxHeartbeatThrottleInterval: '1s',
  defaultHeartbeatThrottleInterval: '1s',
} satisfies Partial<WorkerOptions>

export interface WorkerParts {
  configuration: Configuration
  connection: NativeConnection
  namespace: string
  workflowBundle: { codePath: string } | { code: string }
  verifyKeys: readonly KeyObject[]
  targets?: Readonly<Record<string, () => Promise<Target>>>
  /** The kinds of those targets, where they are not the product's. */
  kinds?: Parameters<typeof createActivities>[0]['kinds']
  options?: Partial<WorkerOptions>
}

/** A worker of workflows and activities, not yet running. */
export function createWorker(parts: WorkerParts): Promise<Worker> {
  const { configuration, connection, namespace, workflowBundle, verifyKeys, targets, kinds, options } = parts
  return Worker.create({
    connection,
    namespace,
    taskQueue: configuration.temporal?.taskQueue ?? TASK_QUEUE,
    workflowBundle,
    activities: createActivities({ configuration, verifyKeys, ...(targets && { targets }), ...(kinds && { kinds }) }),
    ...WORKER_OPTIONS,
    ...options,
  })
}

/** Reads the public keys whose signatures count. Fails with CONFIGURATION_INVALID, naming the file. */
export function readVerifyKeys(configuration: Configuration): Promise<KeyObject[]> {
  return Promise.all(configuration.worker.verifyKeys.map(readKey))
}

async function readKey(path: string): Promise<KeyObject> {
  try {
    return createPublicKey(await readFile(path))
  } catch (error) {
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `worker.verifyKeys: ${path} is no readable public key; run unwind setup`,
      {},
      { cause: error },
    )
  }
}
