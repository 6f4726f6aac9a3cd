import { z } from 'zod'
import { UnwindError } from '../../../model/errors.ts'
import type { Answer } from '../../origin/ask.ts'
import { jsonOf, refuse } from '../../origin/line.ts'
import { type Given, NOTHING, plain } from '../query/given.ts'

const PROMETHEUS = { system: 'Prometheus', what: 'API of Prometheus' }

const Sample = z.tuple([z.number(), z.string()])
const Body = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    warnings: z.array(z.string()).optional(),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('scalar'), result: Sample }),
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Sample.optional() })) }),
      z.object({ resultType: z.literal('matrix') }),
      z.object({ resultType: z.literal('string') }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string().optional(), error: z.string().optional() }),
])

/**
 * Reads an answer of `/api/v1/query`. Only one finite number is one: no series, several of them, NaN, infinity (a
 * denominator of zero), a histogram and an answer with warnings (series may be missing) give nothing. Throws what is no
 * answer: TARGET_UNREACHABLE where asking again can help, TARGET_FORBIDDEN and CONFIGURATION_INVALID where it can't.
 */
export function readAnswer(answer: Answer, place: string): Given {
  if (answer.status === 400) throw refusedQuery(answer, place)
  if (answer.status !== 200) refuse(answer, place, PROMETHEUS)
  if (answer.truncated) return { nothing: NOTHING.tooMuch }
  const read = Body.safeParse(jsonOf(answer))
  if (!read.success || read.data.status === 'error') return refuse(answer, place, PROMETHEUS)
  const { data, warnings = [] } = read.data
  if (warnings.length > 0) return { nothing: NOTHING.warned(warnings[0] ?? '') }
  if (data.resultType === 'scalar') return numberOf(data.result)
  if (data.resultType !== 'vector') return { nothing: `a ${data.resultType}, not one number` }
  const [only, ...others] = data.result
  if (!only) return { nothing: NOTHING.noData }
  if (others.length > 0) return { nothing: NOTHING.several(others.length + 1) }
  return only.value ? numberOf(only.value) : { nothing: 'a histogram, not one number' }
}

function numberOf([seconds, text]: z.infer<typeof Sample>): Given {
  const value = /^[-+\d.eE]+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isFinite(value)) return { value, at: seconds * 1_000 }
  return { nothing: /inf/i.test(text) ? NOTHING.infinite : NOTHING.notANumber }
}

function refusedQuery(answer: Answer, place: string): UnwindError {
  const read = Body.safeParse(jsonOf(answer))
  const why = read.data?.status === 'error' ? `: ${plain(read.data.error ?? '')}` : ''
  return new UnwindError('CONFIGURATION_INVALID', `${place}: the query is refused${why}; correct it in unwind.yaml`)
}
