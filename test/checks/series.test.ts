import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keep, type Kept, resumed } from '../../activities/checks/series.ts'
import type { CheckCall } from '../../model/calls.ts'
import { NO_SAMPLES, type Sample } from '../../model/measure.ts'

const SINCE = 1_000_000
const EVERY = 15_000
const CALL = { since: SINCE, check: { every: EVERY } } as CheckCall
const NONE: Kept = { first: [], last: [], dropped: 0 }

function sample(index: number): Sample {
  return { at: SINCE + index * EVERY, status: 'pass', evidence: { summary: `look ${index}` } }
}

test('a check that nobody has begun begins when somebody does', () => {
  expect(resumed(undefined, CALL, SINCE)).toEqual({ doing: 'measures', since: SINCE, series: NO_SAMPLES, kept: NONE })
  expect(resumed(undefined, CALL, SINCE + 60_000).since).toBe(SINCE + 60_000)
})

test('a series is gone on with, and gets back the time in which nobody looked', () => {
  const last = { at: SINCE + EVERY, status: 'pass', summary: 'well' } as const
  const series = { ...NO_SAMPLES, passed: 2, inARow: 2, last }
  const details = { attempt: 1, doing: 'x', since: SINCE, series, kept: NONE }
  const soon = resumed(details, CALL, SINCE + EVERY + 5_000)
  expect(soon).toMatchObject({ since: SINCE, series: { inARow: 2 } })
  const late = resumed(details, CALL, SINCE + 2 * EVERY + 120_000)
  expect(late).toMatchObject({ since: SINCE + 120_000, series: { inARow: 2 } })
})

test('details that are not its own are left alone', () => {
  fc.assert(
    fc.property(fc.anything(), (details) => {
      expect(resumed(details, CALL, SINCE)).toMatchObject({ since: SINCE, series: NO_SAMPLES })
    }),
  )
})

test('of a long series the first looks and the last are kept, and those in between counted', () => {
  let kept = NONE
  for (let index = 0; index < 1_000; index++) kept = keep(kept, sample(index))
  expect(kept.first.map(({ summary }) => summary)).toEqual(['look 0', 'look 1', 'look 2', 'look 3', 'look 4'])
  expect(kept.last).toHaveLength(10)
  expect(kept.last.at(-1)?.summary).toBe('look 999')
  expect(kept.dropped).toBe(985)
})
