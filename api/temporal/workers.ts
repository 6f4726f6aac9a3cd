import { UnwindError } from '../../model/errors.ts'
import type { Api } from '../context.ts'
import { bounded, CALL_LIMIT } from './call.ts'

// A worker's poll waits up to 60 s and is noted when it begins; what has polled within that time and a margin may live.
const POLL_LIFETIME = 75_000

// temporal.api.enums.v1.TaskQueueType; the package with the names is not part of the client's public ones.
const TASK_QUEUE_TYPE_WORKFLOW = 1

/** Whether a worker polls the queue. One that was killed is only missed after its last poll ran out, 75 s at the most. */
export async function workerState(api: Api, limit = CALL_LIMIT): Promise<'running' | 'none'> {
  const { namespace } = api.client.options
  const request = { namespace, taskQueue: { name: api.taskQueue }, taskQueueType: TASK_QUEUE_TYPE_WORKFLOW }
  const { pollers } = await bounded(api.client, () => api.client.workflowService.describeTaskQueue(request), limit)
  const alive = pollers.some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLL_LIFETIME,
  )
  return alive ? 'running' : 'none'
}

/** Throws NO_WORKER when nobody polls the queue, before anything is sent that only a worker can answer. */
export async function requireWorker(api: Api, limit = CALL_LIMIT): Promise<void> {
  if ((await workerState(api, limit)) === 'none') throw noWorker(api, 'nothing was sent')
}

/** NO_WORKER in words: where to start one, and what has become of the request. */
export function noWorker({ taskQueue }: Api, outcome: string): UnwindError {
  return new UnwindError(
    'NO_WORKER',
    `no worker takes work from the queue ${taskQueue}: ${outcome}. Start one with \`unwind worker\`, then repeat this`,
  )
}
