import { z } from 'zod'
import { UnwindError } from '../../../model/errors.ts'
import type { Answer } from '../../origin/ask.ts'
import { jsonOf, refuse } from '../../origin/line.ts'
import { type Given, NOTHING, plain } from '../query/given.ts'

const GRAFANA = { system: 'Grafana', what: 'API of Grafana' }
/** What JSON has no number for stands beside the values, by its place among them. */
const Entities = z.object({
  NaN: z.array(z.int()).optional(),
  Inf: z.array(z.int()).optional(),
  NegInf: z.array(z.int()).optional(),
})
const Frame = z.object({
  schema: z.object({
    fields: z.array(z.object({ type: z.string().optional() })),
    meta: z
      .object({ notices: z.array(z.object({ severity: z.string().optional(), text: z.string() })).nullish() })
      .nullish(),
  }),
  data: z.object({
    values: z.array(z.array(z.unknown())),
    entities: z.array(Entities.nullable()).nullish(),
  }),
})
type Frame = z.infer<typeof Frame>
const Result = z.object({
  status: z.int().optional(),
  error: z.string().optional(),
  frames: z.array(Frame).nullish(),
})
const Body = z.object({ results: z.record(z.string(), Result) })

/**
 * Reads an answer of `/api/ds/query`: what each query gave, by its refId. Only one finite number in one frame is one; no
 * rows, several rows, fields or frames, NaN, infinity and an answer with a warning give nothing. Throws what is no answer:
 * TARGET_UNREACHABLE where asking again can help, TARGET_FORBIDDEN and CONFIGURATION_INVALID where it can't.
 * Frames: https://grafana.com/developers/dataplane
 */
export function readAnswer(answer: Answer, place: string, asked: readonly string[], now: number): Map<string, Given> {
  if (answer.truncated) return new Map(asked.map((refId) => [refId, { nothing: NOTHING.tooMuch }]))
  const read = Body.safeParse(jsonOf(answer))
  // Queries that fail come with a status of their own, inside of 200, 207, 400 or 500.
  for (const result of read.success ? Object.values(read.data.results) : []) refuseQuery(result, place)
  if (answer.status !== 200 && answer.status !== 207) {
    if (answer.status === 400) throw refusedQuery(place, wordsOf(jsonOf(answer)))
    refuse(answer, place, GRAFANA)
  }
  if (!read.success) return refuse(answer, place, GRAFANA)
  return new Map(asked.map((refId) => [refId, numberIn(read.data.results[refId]?.frames ?? [], now)]))
}

function refuseQuery({ status = 500, error }: z.infer<typeof Result>, place: string): void {
  if (error === undefined) return
  if (status >= 400 && status < 500 && status !== 429 && status !== 408) throw refusedQuery(place, error)
  throw new UnwindError('TARGET_UNREACHABLE', `${place}: the data source does not answer; look at it in Grafana`)
}

function refusedQuery(place: string, why: string | undefined): UnwindError {
  const because = why ? `: ${plain(why)}` : ''
  return new UnwindError('CONFIGURATION_INVALID', `${place}: the query is refused${because}; correct it in unwind.yaml`)
}

function wordsOf(body: unknown): string | undefined {
  return z.object({ message: z.string() }).safeParse(body).data?.message
}

function numberIn(frames: readonly Frame[], now: number): Given {
  const warning = frames
    .flatMap(({ schema }) => schema.meta?.notices ?? [])
    .find(({ severity }) => severity === 'warning' || severity === 'error')
  if (warning) return { nothing: NOTHING.warned(warning.text) }
  const columns = frames.flatMap(columnsOf)
  const numbers = columns.filter(({ type, length }) => type === 'number' && length > 0)
  const [only, ...others] = numbers
  if (!only) return { nothing: NOTHING.noData }
  if (others.length > 0) return { nothing: NOTHING.several(numbers.length) }
  if (only.length > 1) return { nothing: `${only.length} values, not one; let the query give the last one only` }
  const time = columns.find(({ type, frame }) => type === 'time' && frame === only.frame)?.values[0]
  return valueOf(only, typeof time === 'number' ? time : now)
}

interface Column {
  frame: Frame
  type: string | undefined
  values: unknown[]
  length: number
  entities: z.infer<typeof Entities> | undefined
}

function columnsOf(frame: Frame): Column[] {
  return frame.schema.fields.map(({ type }, index) => {
    const values = frame.data.values[index] ?? []
    return { frame, type, values, length: values.length, entities: frame.data.entities?.[index] ?? undefined }
  })
}

function valueOf({ values, entities = {} }: Column, at: number): Given {
  const [value] = values
  if (typeof value === 'number' && Number.isFinite(value)) return { value, at }
  if (entities.Inf?.includes(0) || entities.NegInf?.includes(0)) return { nothing: NOTHING.infinite }
  return { nothing: entities.NaN?.includes(0) ? NOTHING.notANumber : NOTHING.noData }
}
