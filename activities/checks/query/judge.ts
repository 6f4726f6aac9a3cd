import { milliseconds, readable } from '../../../model/duration.ts'
import type { Verdict } from '../../../model/target.ts'
import { keeps, thresholds } from '../../../model/threshold.ts'
import type { Given } from './given.ts'

/** Clocks of two machines differ by so much without anybody noticing. */
const CLOCK_SKEW = 5_000

/** What the queries of one measurement gave: its number, and what says what that is worth. */
export interface Answers {
  number: Given
  samples: Given | undefined
  seen: Given | undefined
}

interface Asked {
  /** Its name, and the connection that it belongs to. */
  query: string
  connection: string
  worth: { minSamples: number; maxAge: string }
  bounds: Readonly<Record<string, unknown>>
}

/**
 * Whether a number keeps its bounds. What proves nothing is inconclusive, whatever the number: no number at all, too few
 * samples, an old answer or an old newest sample.
 */
export function judged({ query, connection, worth, bounds }: Asked, answers: Answers): Verdict {
  const { number, samples } = answers
  const facts = {
    ...{ connection, query },
    ...('value' in number && { value: number.value, at: new Date(number.at).toISOString() }),
    ...(samples && 'value' in samples && { samples: samples.value }),
  }
  const say = (status: Verdict['status'], what: string): Verdict => ({
    status,
    evidence: { summary: `${query}: ${what}`, facts },
  })
  const worthless = whyWorthless(worth, answers, Date.now())
  if (worthless) return say('inconclusive', worthless)
  if ('nothing' in number) return say('inconclusive', number.nothing)
  const wanted = thresholds(bounds)
  const kept = wanted.every((bound) => keeps(number.value, bound))
  return say(kept ? 'pass' : 'fail', `${written(number.value)}, wanted ${wanted.map(({ text }) => text).join(' and ')}`)
}

/** Why the number proves nothing, whatever it is. */
function whyWorthless(worth: Asked['worth'], { number, samples, seen }: Answers, now: number): string | undefined {
  const oldest = now - milliseconds(worth.maxAge) - CLOCK_SKEW
  if ('value' in number && number.at < oldest) return `the answer is of ${new Date(number.at).toISOString()}`
  if (samples) {
    if ('nothing' in samples) return `its samples: ${samples.nothing}`
    if (samples.value < worth.minSamples)
      return `made from ${written(samples.value)} samples, at least ${worth.minSamples} are needed`
  }
  if (!seen) return undefined
  if ('nothing' in seen) return `its newest sample: ${seen.nothing}`
  const at = seen.value * 1_000
  return at < oldest ? `its newest sample is ${readable(Math.max(0, now - at))} old` : undefined
}

function written(value: number): string {
  return String(Number(value.toPrecision(4)))
}
