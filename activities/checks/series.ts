import { z } from 'zod'
import type { CheckCall } from '../../model/calls.ts'
import { NO_SAMPLES, type Sample, type Series } from '../../model/measure.ts'
import type { Evidence } from '../../model/target.ts'

/** Looks that are kept as evidence from each end of a series; those in the middle are counted only. */
const KEPT_FIRST = 5
const KEPT_LAST = 10

/** The evidence of a series, bounded. */
export interface Kept {
  first: Evidence[]
  last: Evidence[]
  dropped: number
}

/** What each heartbeat carries: whoever takes over goes on from there. */
export interface Followed {
  doing: string
  /** When the series began, without the time in which no worker looked. */
  since: number
  series: Series
  kept: Kept
}

const Status = z.enum(['pass', 'fail', 'inconclusive'])
const Count = z.int().min(0)
const AnyEvidence = z.object({ summary: z.string(), facts: z.record(z.string(), z.unknown()).optional() })
const Details = z.object({
  since: z.number(),
  series: z.object({
    ...{ passed: Count, failed: Count, inconclusive: Count, errors: Count, early: Count, inARow: Count },
    last: z.object({ at: z.number(), status: z.enum([...Status.options, 'error']), summary: z.string() }).optional(),
    ended: Status.optional(),
  }),
  kept: z.object({
    first: z.array(AnyEvidence).max(KEPT_FIRST),
    last: z.array(AnyEvidence).max(KEPT_LAST),
    dropped: Count,
  }),
})

/**
 * Where to go on: at the last heartbeat of an earlier attempt, or at the beginning. The time in which nobody looked,
 * because the worker had died or none was there, is not the service's: the series is given it back.
 */
export function resumed(details: unknown, { since, check }: CheckCall, now: number): Followed {
  const read = Details.safeParse(details)
  const before = read.success
    ? (read.data as Pick<Followed, 'since' | 'series' | 'kept'>)
    : { since, series: NO_SAMPLES, kept: { first: [], last: [], dropped: 0 } }
  const expected = before.series.last ? before.series.last.at + check.every : before.since
  const unseen = Math.max(0, now - expected)
  return { ...before, doing: 'measures', since: before.since + unseen }
}

/** The evidence with one more look; what does not fit in between the ends is counted. */
export function keep(kept: Kept, { evidence }: Sample): Kept {
  if (kept.first.length < KEPT_FIRST) return { ...kept, first: [...kept.first, evidence] }
  const last = [...kept.last, evidence]
  const dropped = Math.max(0, last.length - KEPT_LAST)
  return { ...kept, last: last.slice(dropped), dropped: kept.dropped + dropped }
}
