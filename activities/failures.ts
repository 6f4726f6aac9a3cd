import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity'
import { errors, UnwindError } from '../model/errors.ts'

/** Temporal keeps at most 4 KiB of a pending activity's failure. */
const MESSAGE_LIMIT = 1_500

/**
 * What an activity throws, in a form that the workflow understands: a code of the closed table decides about retries.
 * An AbortError becomes the cancellation that caused it; otherwise Temporal would take a pause or a reset for a cancel.
 */
export async function toFailure(error: unknown): Promise<unknown> {
  const { cancellationSignal, cancelled } = Context.current()
  if (error instanceof CancelledFailure) return error
  if (cancellationSignal.aborted && isAbort(error)) return cancelled.catch((reason: unknown) => reason)
  if (error instanceof UnwindError) return fromUnwind(error)
  return ApplicationFailure.create({
    type: 'INTERNAL',
    message: describe(error),
    nonRetryable: false,
    ...(error instanceof Error && { cause: new Error(error.stack?.slice(0, MESSAGE_LIMIT)) }),
  })
}

function fromUnwind(error: UnwindError): ApplicationFailure {
  const { code, message, facts } = error
  return ApplicationFailure.create({
    type: code,
    message: message.slice(0, MESSAGE_LIMIT),
    nonRetryable: !errors[code].retryable,
    details: [{ code, message: message.slice(0, MESSAGE_LIMIT), ...(facts && { facts }) }],
    category: 'BENIGN',
  })
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || isAbort(error.cause))
}

function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.slice(0, MESSAGE_LIMIT)
}
