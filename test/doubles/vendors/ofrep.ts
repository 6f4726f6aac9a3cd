import { contractOf, documented, named, object, oneOf, text } from '../contract.ts'
import { type Answered, type Asked, type Double, startDouble } from '../double.ts'

/** What a flag is evaluated to in a context, or how its evaluation fails. */
export type Evaluated =
  | { value?: unknown; reason?: string; variant?: string; key?: string }
  | { status: 400 | 404; errorCode: string; errorDetails?: string }

/** A provider of flags that speaks OFREP. */
export interface Ofrep extends Double {
  evaluate: (key: string, context: Record<string, unknown>) => Evaluated
  /** How each request said who asks. */
  tokens: (string | undefined)[]
}

const metadata = { type: 'object', additionalProperties: { type: ['boolean', 'string', 'number'] } }
const details = { errorDetails: text() }
/** https://github.com/open-feature/protocol/blob/main/service/openapi.yaml, and its ADR 6: `value` may be absent. */
const description = documented(
  {
    'POST /ofrep/v1/evaluate/flags/{key}': {
      body: object({}, { context: { type: 'object' } }, false),
      answers: {
        200: object({}, { key: text(), reason: text(), variant: text(), metadata, value: {}, cacheable: {} }),
        400: named('failure'),
        404: object({ key: text(), errorCode: oneOf('FLAG_NOT_FOUND') }, details),
        401: {},
      },
    },
  },
  {
    failure: object(
      { key: text(), errorCode: oneOf('PARSE_ERROR', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT', 'GENERAL') },
      details,
    ),
  },
)

export async function startOfrep(): Promise<Ofrep> {
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: () => false,
    answer: (asked) => answer(provider, asked),
  })
  const provider: Ofrep = Object.assign(double, {
    evaluate: (): Evaluated => ({ status: 404, errorCode: 'FLAG_NOT_FOUND' }),
    tokens: [],
  })
  return provider
}

function answer(provider: Ofrep, { path, headers, body }: Asked): Answered {
  const token = headers['x-api-key'] ?? headers.authorization
  provider.tokens.push(typeof token === 'string' ? token : undefined)
  if (token !== 'Bearer of-a-test' && token !== 'of-a-test') return { status: 401, body: {} }
  const key = decodeURIComponent(path.split('/').at(-1) ?? '')
  const { context = {} } = body as { context?: Record<string, unknown> }
  const evaluated = provider.evaluate(key, context)
  if (!('status' in evaluated)) return { status: 200, body: { key, ...evaluated } }
  const { status, ...failure } = evaluated
  return { status, body: { key, ...failure } }
}
