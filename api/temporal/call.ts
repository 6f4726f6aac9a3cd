import {
  type Client,
  isGrpcServiceError,
  NamespaceNotFoundError,
  ServiceError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { UnwindError } from '../../model/errors.ts'

/** How long one call to Temporal may take, in milliseconds, unless its caller says otherwise. */
export const CALL_LIMIT = 3_000

// gRPC's own numbers: https://grpc.io/docs/guides/status-codes/
const GRPC = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

const NO_NAMESPACE =
  'Temporal has not the namespace of the API; check TEMPORAL_NAMESPACE, or make it with `unwind setup`'

/**
 * One call to Temporal with a deadline. What says that Temporal is down, refuses us or is not set up becomes an
 * UnwindError; what a caller has to tell apart (no such workflow, already started, update refused) comes through as it is.
 */
export async function bounded<Result>(
  client: Client,
  call: () => Promise<Result>,
  limit = CALL_LIMIT,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  // The SDK's retries wait between attempts without looking at the deadline, so a clock of our own has the last word.
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('did not answer in time')), limit + 250)
  })
  try {
    return await Promise.race([client.withDeadline(Date.now() + limit, call), late])
  } catch (error) {
    throw temporalProblem(error) ?? error
  } finally {
    clearTimeout(timer)
  }
}

/** Whether an error says that Temporal, or a worker behind it, did not answer in time. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof UnwindError && error.code === 'TEMPORAL_UNAVAILABLE'
}

function temporalProblem(error: unknown): UnwindError | undefined {
  if (error instanceof UnwindError) return error
  if (error instanceof NamespaceNotFoundError) return invalid(NO_NAMESPACE, error)
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return unavailable('did not answer in time', error)
  const cause = error instanceof ServiceError ? error.cause : error
  return isGrpcServiceError(cause) ? byStatus(cause.code, cause.details ?? '', error) : undefined
}

function byStatus(status: number, details: string, cause: unknown): UnwindError | undefined {
  switch (status) {
    case GRPC.UNAVAILABLE:
      return unavailable('cannot be reached', cause)
    case GRPC.DEADLINE_EXCEEDED:
    case GRPC.CANCELLED:
      return unavailable('did not answer in time', cause)
    case GRPC.RESOURCE_EXHAUSTED:
      return unavailable('is busy', cause)
    case GRPC.PERMISSION_DENIED:
    case GRPC.UNAUTHENTICATED:
      return invalid('Temporal refuses the API; check TEMPORAL_API_KEY or the client certificate', cause)
    case GRPC.NOT_FOUND:
      return /^namespace\b/i.test(details) ? invalid(NO_NAMESPACE, cause) : undefined
    case GRPC.INVALID_ARGUMENT:
      if (/search attribute/i.test(details))
        return invalid('Temporal does not know the search attributes of Unwind; run `unwind setup`', cause)
      return undefined
    case GRPC.UNIMPLEMENTED:
      return invalid('this Temporal server is too old; Unwind needs 1.28 or newer', cause)
    default:
      return undefined
  }
}

function unavailable(what: string, cause?: unknown): UnwindError {
  const message = `Temporal ${what}; see that it runs, then repeat the request, with the same Idempotency-Key if it starts something`
  return new UnwindError('TEMPORAL_UNAVAILABLE', message, undefined, { cause })
}

function invalid(message: string, cause: unknown): UnwindError {
  return new UnwindError('CONFIGURATION_INVALID', message, undefined, { cause })
}
