import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow'
import { isErrorCode, type Problem } from '../model/errors.ts'

/** What went wrong in an activity, in words of the closed table. Anything that is no activity's failure is thrown on. */
export function problemOf(error: unknown, connection: string): Problem {
  if (!(error instanceof ActivityFailure)) throw error
  const cause = error.cause
  if (cause instanceof TimeoutFailure) return timedOut(cause, connection)
  if (cause instanceof ApplicationFailure) return applicationProblem(cause)
  return { code: 'INTERNAL', message: `${cause?.message ?? error.message}. Look at the worker's log, then retry.` }
}

/** A refusal that reaches the sender of a message as it is. */
export function refusal(problem: Problem): ApplicationFailure {
  return ApplicationFailure.create({
    type: problem.code,
    message: problem.message,
    nonRetryable: true,
    details: [problem],
    category: 'BENIGN',
  })
}

function applicationProblem(cause: ApplicationFailure): Problem {
  const [sent] = (cause.details ?? []) as [Problem?]
  if (!isErrorCode(cause.type))
    return { code: 'INTERNAL', message: `${cause.message}. Look at the worker's log, then retry.` }
  return { code: cause.type, message: cause.message, ...(sent?.facts && { facts: sent.facts }) }
}

function timedOut(cause: TimeoutFailure, connection: string): Problem {
  if (cause.timeoutType === 'SCHEDULE_TO_START')
    return {
      code: 'NO_WORKER',
      message: `No worker takes steps of connection ${connection}; start one that holds it, then retry.`,
    }
  if (cause.timeoutType === 'HEARTBEAT')
    return { code: 'NO_WORKER', message: 'Worker after worker died during this step; look at their logs, then retry.' }
  return { code: 'STEP_TIMEOUT', message: 'The step did not end within its time; see what it waits for, then retry.' }
}
