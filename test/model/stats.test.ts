import fc from 'fast-check'
import { expect, test } from 'vitest'
import { report } from '../../model/report/index.ts'
import { OUTCOMES } from '../../model/run.ts'
import { statsOf, windowStart } from '../../model/stats/stats.ts'
import { type RunSummary, summaryOf } from '../../model/stats/summary.ts'
import { fullRecord } from '../support/records.ts'

/** A Wednesday. */
const NOW = Date.UTC(2026, 0, 14, 12)
const DAY = 24 * 60 * 60_000

function run(daysAgo: number, changes: Partial<RunSummary> = {}): RunSummary {
  const startedAt = new Date(NOW - daysAgo * DAY).toISOString()
  return {
    format: 1,
    runId: 'r',
    service: 'shop',
    environment: 'production',
    startedAt,
    outcome: 'recovered',
    ...changes,
  }
}

test('a window begins on a Monday, and holds every week, also those without a run', () => {
  expect(new Date(windowStart(NOW, 1)).toISOString()).toBe('2026-01-12T00:00:00.000Z')
  const { weeks, since } = statsOf([run(0), run(16)], NOW, 4)
  expect(since).toBe('2025-12-22T00:00:00.000Z')
  expect(weeks.map(({ week, runs }) => [week, runs])).toEqual([
    ['2025-12-22', 0],
    ['2025-12-29', 1],
    ['2026-01-05', 0],
    ['2026-01-12', 1],
  ])
})

test('medians and 90th percentiles interpolate, and count only the runs that came so far', () => {
  const runs = [100, 200, 300, 400].map((recover) => run(1, { recover }))
  const { all } = statsOf([...runs, run(1, { outcome: 'aborted' })], NOW, 1)
  expect(all).toEqual({ runs: 5, outcomes: { recovered: 4, aborted: 1 }, recover: { runs: 4, median: 250, p90: 370 } })
})

test('each service in each environment has its own figures, those with the most runs first', () => {
  const runs = [
    run(0, { service: 'b' }),
    run(0, { service: 'a' }),
    run(0, { service: 'a' }),
    run(0, { environment: 'staging' }),
  ]
  const { services } = statsOf(runs, NOW, 1)
  expect(services.map(({ environment, service, runs: count }) => [environment, service, count])).toEqual([
    ['production', 'a', 2],
    ['production', 'b', 1],
    ['staging', 'shop', 1],
  ])
})

test('every run of the window is counted once in each view, and none outside of it', () => {
  const summary = fc
    .record({
      days: fc.integer({ min: -3, max: 60 }),
      outcome: fc.constantFrom(...OUTCOMES),
      service: fc.constantFrom('a', 'b'),
      recover: fc.integer({ min: 0, max: 1e9 }),
    })
    .map(({ days, ...changes }) => run(days, changes))
  fc.assert(
    fc.property(fc.array(summary), fc.integer({ min: 1, max: 8 }), (runs, weeks) => {
      const made = statsOf(runs, NOW, weeks)
      const since = windowStart(NOW, weeks)
      const within = runs.filter(({ startedAt }) => Date.parse(startedAt) >= since && Date.parse(startedAt) <= NOW)
      const sum = (parts: { runs: number }[]) => parts.reduce((total, part) => total + part.runs, 0)
      expect([made.all.runs, sum(made.services), sum(made.weeks)]).toEqual(Array(3).fill(within.length))
      expect(made.weeks).toHaveLength(weeks)
      const { recover } = made.all
      if (recover) expect(recover.median).toBeLessThanOrEqual(recover.p90)
    }),
  )
})

test('the line of a run holds its times and nothing that people wrote', () => {
  const { runId, startedAt } = report(fullRecord())
  expect(summaryOf(report(fullRecord()))).toEqual({
    format: 1,
    ...{ runId, startedAt, service: 'checkout', environment: 'production', outcome: 'recovered', runbook: 'checkout' },
    ...{ decide: 162_000, mitigate: 180_000, recover: 420_000 },
  })
})
