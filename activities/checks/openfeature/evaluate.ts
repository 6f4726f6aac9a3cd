import { z } from 'zod'
import { UnwindError } from '../../../model/errors.ts'
import type { Answer } from '../../origin/ask.ts'
import { jsonOf, refuse } from '../../origin/line.ts'
import { plain } from '../query/given.ts'

const OFREP = { system: 'the provider', what: 'OFREP (/ofrep/v1)' }

export type Value = boolean | number | string

/** What an SDK of OpenFeature calls evaluation details. `value` is the default wherever no rule has decided. */
export interface Evaluation {
  value: unknown
  reason: string
  variant?: string
  /** Why the value is not the provider's. */
  because?: string
}

const Success = z.object({
  key: z.string().optional(),
  reason: z.string().max(100).optional(),
  variant: z.string().optional(),
  value: z.unknown().optional(),
  errorCode: z.string().optional(),
})
const Failure = z.object({ errorCode: z.string().max(100), errorDetails: z.string().optional() })

/**
 * Reads an answer of `/ofrep/v1/evaluate/flags/{key}` as an SDK would, with this default: what is no value of the provider
 * is the default, and says why. Throws what is no evaluation: TARGET_UNREACHABLE, TARGET_FORBIDDEN, CONFIGURATION_INVALID.
 * https://github.com/open-feature/protocol/blob/main/service/openapi.yaml
 */
export function readEvaluation(answer: Answer, key: string, otherwise: Value, place: string): Evaluation {
  const body = jsonOf(answer)
  const failed = (code: string, because: string) => ({ value: otherwise, reason: `ERROR ${code}`, because })
  if (answer.status === 400 || answer.status === 404) {
    const { success, data } = Failure.safeParse(body)
    if (!success) return refuse(answer, place, OFREP)
    const { errorCode, errorDetails } = data
    if (errorCode === 'FLAG_NOT_FOUND') return failed(errorCode, 'the provider knows no such flag')
    const why = `${plain(errorCode)}${errorDetails ? `: ${plain(errorDetails)}` : ''}`
    if (errorCode !== 'TARGETING_KEY_MISSING' && errorCode !== 'INVALID_CONTEXT') return failed(errorCode, why)
    throw new UnwindError('CONFIGURATION_INVALID', `${place}: ${why}; write contexts that its rules can go by`)
  }
  if (answer.status !== 200) return refuse(answer, place, OFREP)
  const { success, data } = Success.safeParse(body)
  if (!success) return refuse(answer, place, OFREP)
  const { reason = 'UNKNOWN', variant, value, errorCode } = data
  if (errorCode !== undefined) return failed(errorCode, plain(errorCode))
  if (data.key !== undefined && data.key !== key) return failed('GENERAL', `the answer is about ${plain(data.key)}`)
  if (value === undefined || value === null)
    return { value: otherwise, reason, because: 'the provider leaves it to the default in the code' }
  return { value, reason, ...(variant !== undefined && { variant }) }
}
