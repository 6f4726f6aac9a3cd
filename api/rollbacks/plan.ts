import { randomUUID } from 'node:crypto'
import { UnwindError } from '../../model/errors.ts'
import type { Actor } from '../../model/policy.ts'
import type { RunInput, CompiledStep } from '../../model/run.ts'
import type { Revision } from '../../model/target.ts'
import type { Api } from '../context.ts'
import type { PlanDocument } from '../schemas/answers.ts'
import type { Place } from '../schemas/parameters.ts'
import { bounded, isUnanswered } from '../temporal/call.ts'
import { failureProblem } from '../temporal/failure.ts'
import { requireWorker } from '../temporal/workers.ts'

const PLAN_LIMIT = 30_000
const HISTORY_LIMIT = 20_000

/** The dry run: plans every step and changes nothing. Throws NO_WORKER, STEP_TIMEOUT after 30 s, and what planning fails with. */
export async function planRollback(api: Api, input: RunInput): Promise<PlanDocument> {
  const workflowId = `plan/${input.environment}/${input.service}/${randomUUID()}`
  return ask<PlanDocument>(api, { type: 'plan', workflowId, argument: input, limit: PLAN_LIMIT })
}

/** What one step's object could go back to, newest first. Throws like `planRollback`. */
export async function readHistory(
  api: Api,
  { environment, service }: Place,
  compiled: CompiledStep,
  actor: Actor,
): Promise<Revision[]> {
  const { id, kind, connection, step, taskQueue } = compiled
  const argument = {
    ...{ stepId: id, step, connection, kind, service, environment },
    rollbackId: '',
    actor: actor.subject,
    reason: 'reading the history',
    ...(taskQueue && { taskQueue }),
  }
  return ask<Revision[]>(api, {
    type: 'history',
    workflowId: `history/${randomUUID()}`,
    argument,
    limit: HISTORY_LIMIT,
  })
}

interface Question {
  type: 'plan' | 'history'
  workflowId: string
  argument: unknown
  limit: number
}

/** Runs a short, read-only workflow to its end. It ends by itself when nobody waits for its answer any more. */
async function ask<Answer>(api: Api, { type, workflowId, argument, limit }: Question): Promise<Answer> {
  await requireWorker(api)
  const options = { workflowId, taskQueue: api.taskQueue, args: [argument], workflowExecutionTimeout: limit }
  const handle = await bounded(api.client, () => api.client.workflow.start(type, options))
  try {
    return (await bounded(api.client, () => handle.result(), limit)) as Answer
  } catch (error) {
    throw (
      failureProblem(error) ??
      (isUnanswered(error) || isTimeout(error) ? await unfinished(api, workflowId, limit) : error)
    )
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.name === 'TimeoutFailure'
}

async function unfinished(api: Api, workflowId: string, limit: number): Promise<UnwindError> {
  const description = await bounded(api.client, () => api.client.workflow.getHandle(workflowId).describe())
  const waits = description.raw.pendingActivities?.map(({ activityType, lastFailure }) => {
    const why = lastFailure?.message ? ` (${lastFailure.message.slice(0, 300)})` : ''
    return `${activityType?.name ?? 'a step'}${why}`
  })
  const on = waits && waits.length > 0 ? `; it waited for ${waits.slice(0, 5).join(', ')}` : ''
  return new UnwindError(
    'STEP_TIMEOUT',
    `no answer within ${limit / 1_000} s${on}. See that the worker and the system answer, then repeat this`,
  )
}
