import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errors, UnwindError } from '../../model/errors.ts'
import type { ProblemDocument } from '../schemas/problem.ts'

/** Seconds after which a client may try again, for each code whose status is 503. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = { TEMPORAL_UNAVAILABLE: 2 }
const RETRY_AFTER_DEFAULT = 5

const DETAIL_LIMIT = 2_000

/** Every error leaves as application/problem+json of the closed table, and nothing else leaves: no stack, no cause. */
export function answerWithProblems(app: FastifyInstance, breakGlass: BreakGlass): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const known = toUnwindError(error)
    if (known.code === 'INTERNAL') request.log.error({ err: error }, 'the API failed')
    return sendProblem(
      request,
      reply,
      errors[known.code].status === 503 ? await pointing(known, request, breakGlass) : known,
    )
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      request,
      reply,
      new UnwindError(
        'NOT_FOUND',
        `there is no ${request.method} ${pathOf(request)}; /openapi.json lists what there is`,
      ),
    ),
  )
}

/** Where the script lies with which a service is taken back without Unwind; undefined where none is kept. */
type BreakGlass = (request: FastifyRequest) => Promise<string | undefined>

/** Whoever finds Unwind down reads where the script for that day lies. */
async function pointing(error: UnwindError, request: FastifyRequest, breakGlass: BreakGlass): Promise<UnwindError> {
  const location = await breakGlass(request)
  if (location === undefined) return error
  const message = `${error.message}. If it stays so, the break-glass script is at ${location}`
  return new UnwindError(error.code, message, { ...error.facts, breakGlass: location }, { cause: error })
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: UnwindError): FastifyReply {
  const document = problemDocument(error, request.id)
  if (document.status === 503) reply.header('retry-after', retryAfter(error.code))
  if (document.status === 401) reply.header('www-authenticate', 'Bearer realm="unwind"')
  return reply
    .code(document.status)
    .headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-request-id': request.id })
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(document)
}

/** The document of one error. `facts.errors` becomes the member `errors`; the rest of the facts stays as it is. */
export function problemDocument({ code, message, facts }: UnwindError, requestId: string): ProblemDocument {
  const { status, title, retryable } = errors[code]
  const { errors: faults, ...rest } = facts ?? {}
  return {
    type: `urn:unwind:problem:${code}`,
    title,
    status,
    code,
    detail: message.slice(0, DETAIL_LIMIT),
    instance: `urn:uuid:${requestId}`,
    retryable,
    ...(Array.isArray(faults) && { errors: faults as NonNullable<ProblemDocument['errors']> }),
    ...(Object.keys(rest).length > 0 && { facts: rest }),
  }
}

export function retryAfter(code: ErrorCode): number {
  return RETRY_AFTER[code] ?? RETRY_AFTER_DEFAULT
}

/** Any error in words of the table. What is not known to be the client's fault is ours, and says nothing of its inside. */
export function toUnwindError(error: unknown): UnwindError {
  if (error instanceof UnwindError) return error
  const { statusCode, code } = error as { statusCode?: number; code?: string }
  if (statusCode === 413)
    return new UnwindError('BODY_TOO_LARGE', 'the body is larger than 256 KiB; send fewer or smaller steps')
  if (statusCode === 415)
    return new UnwindError(
      'UNSUPPORTED_MEDIA_TYPE',
      'the body is not JSON; send it with content-type: application/json',
    )
  if (statusCode && statusCode >= 400 && statusCode < 500)
    return new UnwindError(
      'INVALID_REQUEST',
      FASTIFY[code ?? ''] ?? 'the request is not valid HTTP or JSON; mend it and send it again',
    )
  return new UnwindError(
    'INTERNAL',
    'something went wrong inside Unwind; the log of the API has it under the id of this request',
    undefined,
    { cause: error },
  )
}

const FASTIFY: Record<string, string> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; send a JSON object, {} at the least',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON; mend it and send it again',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as content-length says; send it again',
  FST_ERR_BAD_URL: 'the path is not a valid URL; encode its parts',
  FST_ERR_MAX_PARAM_LENGTH: 'a part of the path is too long; names have at most 63 characters',
}

function pathOf(request: FastifyRequest): string {
  return (request.url.split('?')[0] ?? '').slice(0, 200)
}
