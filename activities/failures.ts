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
  return unforeseen(error)
}

/** The work of an activity, with what it throws in that form. */
export async function mapped<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw await toFailure(error)
  }
}

/** A stumble that nobody foresaw may pass by itself; one that repeats so often is a fault, and a person should see it. */
const UNFORESEEN_ATTEMPTS = 3

/** Nobody chose the words of such an error, so they may hold a secret: only its name and where it arose are told. */
function unforeseen(error: unknown): ApplicationFailure {
  const { info, log } = Context.current()
  const name = error instanceof Error ? error.name : typeof error
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : []
  log.error(`${info.activityType}: unforeseen ${name}`, { frames: frames.slice(0, 10).join(' ') })
  const nonRetryable = info.attempt >= UNFORESEEN_ATTEMPTS
  return ApplicationFailure.create({
    type: 'INTERNAL',
    message: `unforeseen ${name} in ${info.activityType}`,
    nonRetryable,
  })
}

function fromUnwind(error: UnwindError): ApplicationFailure {
  const { code, message, facts } = error
  // Only where the system itself has said when: an answer that is missing is asked for sooner.
  const says = facts?.['unsure'] === true ? undefined : facts?.['again']
  return ApplicationFailure.create({
    type: code,
    message: message.slice(0, MESSAGE_LIMIT),
    nonRetryable: !errors[code].retryable,
    details: [{ code, message: message.slice(0, MESSAGE_LIMIT), ...(facts && { facts }) }],
    category: 'BENIGN',
    ...(typeof says === 'number' && { nextRetryDelay: says }),
  })
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || isAbort(error.cause))
}
