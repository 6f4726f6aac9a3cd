import { UnwindError } from '../../model/errors.ts'

/** What AWS says when it has too much to do; the SDK has tried again by then. */
const BUSY =
  /^(?:Throttling|ThrottlingException|ThrottledException|RequestLimitExceeded|TooManyRequestsException|RequestThrottled|PriorRequestNotComplete|ServiceUnavailable|InternalFailure|InternalError)$/
const DENIED = /^(?:AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthFailure)$/
const UNKNOWN_CALLER =
  /^(?:InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|ExpiredToken|ExpiredTokenException|CredentialsProviderError|MissingAuthenticationToken|IncompleteSignature)$/

/**
 * Carries out one call. Codes that the caller expects (on the wire, or as the SDK calls them) are answered as
 * `{ code }`; every other failure becomes an error of the closed table that names the action and its object.
 */
export async function ask<Answer extends object, Code extends string = never>(
  what: { action: string; of: string },
  send: () => Promise<Answer>,
  ...expected: Code[]
): Promise<Answer | ([Code] extends [never] ? Answer : { code: Code })> {
  try {
    return await send()
  } catch (error) {
    const codes = codesOf(error)
    const found = expected.find((code) => codes.includes(code) || codes.includes(`${code}Fault`))
    if (found !== undefined) return { code: found } as never
    throw mapped(error, codes, what)
  }
}

/** Whether the call ended in one of the codes that were expected. */
export function isCode<Code extends string>(answer: object): answer is { code: Code } {
  return 'code' in answer && typeof answer.code === 'string' && Object.keys(answer).length === 1
}

/** The SDK names modelled errors after their shape and keeps the code of the wire beside it; others have only that. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const code = 'Code' in error && typeof error.Code === 'string' ? [error.Code] : []
  return [error.name, ...code]
}

function mapped(error: unknown, codes: string[], { action, of }: { action: string; of: string }): unknown {
  if (!(error instanceof Error) || error.name === 'AbortError') return error
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined
  const [name = ''] = codes
  const caused = { cause: new Error(name) }
  if (codes.some((code) => DENIED.test(code)))
    return new UnwindError(
      'TARGET_FORBIDDEN',
      `the worker may not ${action} on ${of}; allow it (docs/iam holds the least rights), then retry`,
      undefined,
      caused,
    )
  if (codes.some((code) => UNKNOWN_CALLER.test(code)))
    return new UnwindError(
      'TARGET_FORBIDDEN',
      `AWS does not know the worker's credentials (${name}) at ${action} on ${of}; renew them, then retry`,
      undefined,
      caused,
    )
  if (status === undefined || status >= 500 || codes.some((code) => BUSY.test(code)))
    return new UnwindError('TARGET_UNREACHABLE', `AWS does not answer ${action} on ${of} (${name})`, undefined, caused)
  return new UnwindError(
    'TARGET_REJECTED',
    `AWS rejects ${action} on ${of}: ${reason(error, name)}`,
    { code: name },
    caused,
  )
}

/** AWS's own sentence, in one line and bounded. */
function reason({ message }: Error, name: string): string {
  const text = message.replaceAll(/\s+/g, ' ').trim()
  return text.length > 0 ? `${name}: ${text.slice(0, 300)}` : name
}
