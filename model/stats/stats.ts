import type { Outcome } from '../run.ts'
import type { RunSummary } from './summary.ts'

/** What many runs took, in milliseconds. Quantiles interpolate between neighbours, as most tools do (Hyndman–Fan 7). */
export interface Spread {
  runs: number
  median: number
  p90: number
}

/** Figures over a set of runs. A spread is absent where no run came so far. */
export interface Figures {
  runs: number
  outcomes: Partial<Record<Outcome, number>>
  decide?: Spread
  mitigate?: Spread
  recover?: Spread
}

export interface Stats {
  /** The window, in UTC: it begins on a Monday. */
  since: string
  until: string
  all: Figures
  /** By environment and service, those with the most runs first. */
  services: ({ environment: string; service: string } & Figures)[]
  /** Every week of the window, the oldest first, by its Monday. */
  weeks: ({ week: string } & Figures)[]
}

const WEEK = 7 * 24 * 60 * 60_000
/** 5 January 1970 was a Monday. */
const FIRST_MONDAY = 4 * 24 * 60 * 60_000

/** The Monday, 00:00 UTC, with which a window of so many weeks begins that ends now. Epoch milliseconds. */
export function windowStart(now: number, weeks: number): number {
  return mondayOf(now) - (weeks - 1) * WEEK
}

/** Figures over the runs of a window of so many weeks; runs outside of it are left out. */
export function statsOf(runs: readonly RunSummary[], now: number, weeks: number): Stats {
  const since = windowStart(now, weeks)
  const within = runs.filter(({ startedAt }) => Date.parse(startedAt) >= since && Date.parse(startedAt) <= now)
  const places = grouped(within, ({ environment, service }) => `${environment}/${service}`)
  const byWeek = grouped(within, ({ startedAt }) => String(mondayOf(Date.parse(startedAt))))
  const mondays = Array.from({ length: weeks }, (_, index) => since + index * WEEK)
  return {
    since: new Date(since).toISOString(),
    until: new Date(now).toISOString(),
    all: figures(within),
    services: [...places]
      .map(([place, each]) => {
        const [environment = '', service = ''] = place.split('/')
        return { environment, service, ...figures(each) }
      })
      .toSorted(
        (a, b) => b.runs - a.runs || (`${a.environment}/${a.service}` < `${b.environment}/${b.service}` ? -1 : 1),
      ),
    weeks: mondays.map((monday) => ({ week: day(monday), ...figures(byWeek.get(String(monday)) ?? []) })),
  }
}

function figures(runs: readonly RunSummary[]): Figures {
  const outcomes: Partial<Record<Outcome, number>> = {}
  for (const { outcome } of runs) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  const [decide, mitigate, recover] = (['decide', 'mitigate', 'recover'] as const).map((time) => spread(runs, time))
  return {
    runs: runs.length,
    outcomes,
    ...(decide && { decide }),
    ...(mitigate && { mitigate }),
    ...(recover && { recover }),
  }
}

function spread(runs: readonly RunSummary[], time: 'decide' | 'mitigate' | 'recover'): Spread | undefined {
  const values = runs.flatMap((run) => run[time] ?? []).toSorted((a, b) => a - b)
  if (values.length === 0) return undefined
  return { runs: values.length, median: quantile(values, 0.5), p90: quantile(values, 0.9) }
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? 0
  const above = sorted[Math.ceil(place)] ?? below
  return Math.round(below + (above - below) * (place - Math.floor(place)))
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

function mondayOf(at: number): number {
  return Math.floor((at - FIRST_MONDAY) / WEEK) * WEEK + FIRST_MONDAY
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
