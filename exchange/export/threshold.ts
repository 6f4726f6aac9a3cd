import { DURATION_PATTERN, milliseconds } from '../../model/duration.ts'

/** A bound of a measurement as Prometheus compares it: seconds for a duration, a fraction for per cent. */
export interface Threshold {
  operator: '>' | '<' | '>=' | '<='
  value: number
}

const OPERATORS = { above: '>', below: '<', atLeast: '>=', atMost: '<=' } as const

/** The bounds that a measurement states. A text that is no number, duration or percentage throws RangeError. */
export function thresholds(fields: Readonly<Record<string, unknown>>): Threshold[] {
  return Object.entries(OPERATORS).flatMap(([word, operator]) =>
    fields[word] === undefined ? [] : [{ operator, value: number(word, fields[word]) }],
  )
}

function number(word: string, written: unknown): number {
  if (typeof written === 'number' && Number.isFinite(written)) return written
  if (typeof written === 'string') {
    if (DURATION_PATTERN.test(written)) return milliseconds(written) / 1_000
    const percent = /^(-?\d+(?:\.\d+)?)\s*(%?)$/.exec(written)
    if (percent) return percent[2] ? Number((Number(percent[1]) / 100).toPrecision(12)) : Number(percent[1])
  }
  throw new RangeError(`${word}: ${JSON.stringify(written)} is no number, duration or percentage`)
}

/** A metric's name as it is, anything else in parentheses so that a comparison binds to all of it. */
export function promql(query: string): string {
  return /^[A-Za-z_:][A-Za-z0-9_:]*$/.test(query) ? query : `(${query})`
}

/** Text that may stand between double quotes in PromQL, taken literally in a regular expression. */
export function literalPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\\\$&').replaceAll('"', '\\"')
}
