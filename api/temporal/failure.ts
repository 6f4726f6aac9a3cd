import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { isErrorCode, UnwindError } from '../../model/errors.ts'

/** What a workflow or an update failed with, in words of the closed table; undefined when it says nothing of ours. */
export function failureProblem(error: unknown): UnwindError | undefined {
  if (!(error instanceof WorkflowFailedError) && !(error instanceof WorkflowUpdateFailedError)) return undefined
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return problemOf(cause.type, cause)
  return undefined
}

function problemOf(code: UnwindError['code'], failure: ApplicationFailure): UnwindError {
  const sent = failure.details?.[0] as { facts?: unknown } | null | undefined
  const facts =
    typeof sent?.facts === 'object' && sent.facts !== null ? (sent.facts as Record<string, unknown>) : undefined
  // What nobody foresaw may say anything, a secret included: it stays in the log of the worker.
  if (code === 'INTERNAL')
    return new UnwindError(code, 'a worker failed in a way that nobody foresaw; its log says more', undefined, {
      cause: failure,
    })
  return new UnwindError(code, failure.message, facts, { cause: failure })
}
