import { readable } from '../../model/duration.ts'
import { OUTCOMES } from '../../model/run.ts'
import type { Figures, Spread, Stats } from '../../model/stats/stats.ts'
import type { Line } from './span.ts'
import { type Cell, tableLines } from './table.ts'

const BARS = '▁▂▃▄▅▆▇█'

/** Figures as a table, one line per service and one over all, and the trend by week below. */
export function statsLines({ since, until, all, services, weeks }: Stats): Line[] {
  const heads = ['ENVIRONMENT', 'SERVICE', 'RUNS', 'RECOVERED', 'OTHERWISE', 'DECIDE', 'MITIGATE', 'RECOVER']
  const rows = services.map((each): Cell[] => [each.environment, each.service, ...cells(each)])
  const total: Cell[] = [['bold', 'all'], '', ...cells(all)]
  const runs = weeks.map((week) => week.runs)
  const recover = weeks.map((week) => week.recover?.median)
  return [
    [['dim', `${since.slice(0, 10)} to ${until.slice(0, 10)}; times are median / 90th percentile`]],
    ...tableLines(heads, [...rows, total]),
    [],
    trend('Runs by week', runs, (most) => `at most ${most}`),
    trend('Median time to recover', recover, (most) => `at most ${readable(most)}`),
  ]
}

/** A row of bars, one per value; a dot where there is none, so that no week without a run looks like a fast one. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const most = Math.max(...values.map((value) => value ?? 0))
  return values
    .map((value) => {
      if (value === undefined || value === 0) return '·'
      return BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))] ?? '·'
    })
    .join('')
}

function trend(name: string, values: readonly (number | undefined)[], legend: (most: number) => string): Line {
  const most = Math.max(...values.map((value) => value ?? 0))
  return [
    ['dim', name.padEnd(24)],
    ['busy', sparkline(values)],
    ['dim', most > 0 ? `  ${legend(most)}` : ''],
  ]
}

function cells({ runs, outcomes, decide, mitigate, recover }: Figures): Cell[] {
  const recovered = outcomes.recovered ?? 0
  const others = OUTCOMES.filter((outcome) => outcome !== 'recovered' && outcomes[outcome])
  return [
    String(runs),
    recovered === runs ? ['good', String(recovered)] : String(recovered),
    others.map((outcome) => `${outcomes[outcome]} ${outcome}`).join(', ') || '-',
    ...[decide, mitigate, recover].map(spread),
  ]
}

function spread(value: Spread | undefined): string {
  return value ? `${readable(value.median)} / ${readable(value.p90)}` : '-'
}
