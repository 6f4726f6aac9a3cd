import { Context } from '@temporalio/activity'
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { UnwindError } from '../model/errors.ts'
import { lockId } from '../model/ids.ts'

/** A lock that somebody lets go of between two looks is tried again, but not for ever. */
const TRIES = 3
/**
 * Holding needs nothing but to exist, so the lock's first workflow task is put off for longer than any rollback lasts
 * (Temporal: "Start Delay"): a lock costs no worker anything. Nothing but a termination ends it before.
 */
const IDLE = '365 days'

/** People wait for the end of the run, and to let go is as much work for Temporal: it comes after that. Milliseconds. */
const A_MOMENT = 100

/** So many locks are asked for at the same time: quick, without a stampede on Temporal. */
const AT_ONCE = 10

interface Holder {
  workflowId: string
  rollbackId: string
}

/**
 * Takes the locks of objects for the rollback that calls: each is a workflow whose id is the object, on the given queue or
 * on that of the call. Taking one twice is taking it once; the lock of a run that has ended is taken over. Fails with
 * OBJECT_LOCKED, whose facts name the object and its holder; what was taken until then stays taken until the run lets go.
 */
export async function takeLocks(objects: readonly string[], rollbackId: string, queue?: string): Promise<void> {
  const { client, info } = Context.current()
  const workflowId = info.workflowExecution?.workflowId
  if (!workflowId) return
  const take = (object: string) => takeLock(client, queue ?? info.taskQueue, object, { workflowId, rollbackId })
  for (let start = 0; start < objects.length; start += AT_ONCE)
    await Promise.all(objects.slice(start, start + AT_ONCE).map(take))
}

async function takeLock(client: Client, taskQueue: string, object: string, holder: Holder): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (await started(client, taskQueue, object, holder)) return
    const lock = client.workflow.getHandle(lockId(object))
    const description = await described(lock)
    const other = description?.memo?.['holder'] as Holder | undefined
    if (!description || description.status.name !== 'RUNNING') continue
    if (other?.rollbackId === holder.rollbackId) return
    if (other && (await holds(client, other))) throw held(object, other)
    await terminate(client, object, description.runId, 'its holder has ended; another rollback takes it over')
  }
  throw new UnwindError('OBJECT_LOCKED', `the lock of ${object} changes hands right now; try again`)
}

/**
 * Lets go of what this rollback holds, and answers before that has happened: a run that has nothing left to do need not
 * wait for it. A lock that is still there, because Temporal or this process goes away meanwhile, is taken over.
 */
export function letGo(client: Client, objects: readonly string[], rollbackId: string): void {
  setTimeout(() => {
    for (const object of objects) release(client, object, rollbackId).catch(() => undefined)
  }, A_MOMENT)
}

/** A lock that is gone, or somebody else's by now, is left alone. */
async function release(client: Client, object: string, rollbackId: string): Promise<void> {
  const description = await described(client.workflow.getHandle(lockId(object)))
  const holder = description?.memo?.['holder'] as Holder | undefined
  if (description?.status.name !== 'RUNNING' || holder?.rollbackId !== rollbackId) return
  await terminate(client, object, description.runId, `let go of by ${holder.workflowId}`)
}

async function started(client: Client, taskQueue: string, object: string, holder: Holder): Promise<boolean> {
  try {
    await client.workflow.start('lock', {
      workflowId: lockId(object),
      taskQueue,
      args: [holder],
      memo: { holder },
      workflowIdConflictPolicy: 'FAIL',
      startDelay: IDLE,
      staticSummary: `Held by ${holder.workflowId}`.slice(0, 190),
    })
    return true
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false
    throw error
  }
}

/** Whether the holder still runs: the same workflow id may have been started anew by another rollback since. */
async function holds(client: Client, holder: Holder): Promise<boolean> {
  const description = await described(client.workflow.getHandle(holder.workflowId))
  const first = description?.raw.workflowExecutionInfo?.firstRunId
  return description?.status.name === 'RUNNING' && first === holder.rollbackId
}

async function described(handle: WorkflowHandle) {
  try {
    return await handle.describe()
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}

/** Ends this very run of the lock, and never one that somebody has started since. */
async function terminate(client: Client, object: string, runId: string, reason: string): Promise<void> {
  try {
    await client.workflow.getHandle(lockId(object), runId).terminate(reason)
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
}

function held(object: string, holder: Holder): UnwindError {
  return new UnwindError(
    'OBJECT_LOCKED',
    `${object} is held by ${holder.workflowId}; wait until that rollback ends, or end it`,
    { object, holder: holder.workflowId },
  )
}
