import { DURATION_PATTERN, milliseconds } from './duration.ts'

/** A bound of a measurement as Prometheus compares it: seconds for a duration, a fraction for per cent. */
export interface Threshold {
  operator: '>' | '<' | '>=' | '<='
  value: number
  /** As people read it: `below 1%`. */
  text: string
}

const OPERATORS = { above: '>', below: '<', atLeast: '>=', atMost: '<=' } as const

/** The bounds that a measurement states. A text that is no number, duration or percentage throws RangeError. */
export function thresholds(fields: Readonly<Record<string, unknown>>): Threshold[] {
  return Object.entries(OPERATORS).flatMap(([word, operator]) => {
    const written = fields[word]
    if (written === undefined) return []
    const value = number(word, written)
    return [{ operator, value, text: `${WORDS[word] ?? word} ${typeof written === 'string' ? written : value}` }]
  })
}

const WORDS: Readonly<Record<string, string>> = { atLeast: 'at least', atMost: 'at most' }

/** Whether a number keeps a bound. */
export function keeps(measured: number, { operator, value }: Threshold): boolean {
  if (operator === '>') return measured > value
  if (operator === '<') return measured < value
  return operator === '>=' ? measured >= value : measured <= value
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
