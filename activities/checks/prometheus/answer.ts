import { z } from 'zod'
import { UnwindError } from '../../../model/errors.ts'
import type { Answer } from '../origin/ask.ts'

/** What a query gave: one number with when it was evaluated (epoch milliseconds), or why there is none. */
export type Given = { value: number; at: number } | { nothing: string }

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
  refuse(answer, place)
  if (answer.truncated) return { nothing: 'more series than are read; aggregate them, such as by sum()' }
  const read = Body.safeParse(json(answer.text))
  if (!read.success || read.data.status === 'error') throw noAnswer(place, answer.status)
  const { data, warnings = [] } = read.data
  if (warnings.length > 0) return { nothing: `it warns: ${plain(warnings[0] ?? '')}` }
  if (data.resultType === 'scalar') return numberOf(data.result)
  if (data.resultType !== 'vector') return { nothing: `a ${data.resultType}, not one number` }
  const [only, ...others] = data.result
  if (!only) return { nothing: 'no data' }
  if (others.length > 0) return { nothing: `${others.length + 1} series, not one; aggregate them, such as by sum()` }
  return only.value ? numberOf(only.value) : { nothing: 'a histogram, not one number' }
}

function numberOf([seconds, text]: z.infer<typeof Sample>): Given {
  const value = /^[-+\d.eE]+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isFinite(value)) return { value, at: seconds * 1_000 }
  return { nothing: /inf/i.test(text) ? 'infinity: something is divided by zero' : 'NaN: there was nothing to count' }
}

function refuse({ status, text }: Answer, place: string): void {
  if (status === 200) return
  if (status === 401 || status === 403)
    throw new UnwindError(
      'TARGET_FORBIDDEN',
      `${place}: ${status}; give the worker credentials for it (worker.credentials), or the right to query`,
    )
  if (status === 400) {
    const read = Body.safeParse(json(text))
    const why = read.data?.status === 'error' ? `: ${plain(read.data.error ?? '')}` : ''
    throw new UnwindError('CONFIGURATION_INVALID', `${place}: the query is refused${why}; correct it in unwind.yaml`)
  }
  if (status === 404 || status === 405 || (status >= 300 && status < 400))
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${place}: ${status}, so there is no API of Prometheus; correct origin and path of the connection`,
    )
  throw noAnswer(place, status)
}

function noAnswer(place: string, status: number): UnwindError {
  return new UnwindError('TARGET_UNREACHABLE', `${place}: no result (status ${status}); look at Prometheus`)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Words of another system: bounded, and on one line. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 200)
}
