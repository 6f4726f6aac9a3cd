import { readable } from './duration.ts'
import type { CompiledCheck } from './runbook/compiled.ts'
import type { Evidence, Verdict } from './target.ts'

/** How a series is judged: a check without what it measures. Milliseconds. */
export type MeasureRules = Omit<CompiledCheck, 'measurements'>

/** One look at everything that a check measures. `error`: it could not be measured. `at` is when the look began. */
export interface Sample {
  at: number
  status: Verdict['status'] | 'error'
  evidence: Evidence
}

/** What a series has come to. It stays small however long the series is, so a heartbeat can carry it. */
export interface Series {
  passed: number
  failed: number
  inconclusive: number
  errors: number
  /** Looks before the warm-up was over. */
  early: number
  /** Passes since the last look that was none. */
  inARow: number
  last?: { at: number; status: Sample['status']; summary: string }
  /** The look that decided; nothing that comes later changes it. */
  ended?: Verdict['status']
}

export const NO_SAMPLES: Series = { passed: 0, failed: 0, inconclusive: 0, errors: 0, early: 0, inARow: 0 }

/** What could not be measured is tried again after so long at the most, as Argo Rollouts does (DefaultErrorRetryInterval). */
const ERROR_PAUSE = 10_000
/** No two looks follow each other faster, whatever the rules say. */
const SHORTEST_PAUSE = 20

/**
 * The series with one more look. The rules are those of Argo Rollouts' analysis (assessMetricStatus in
 * analysis/analysis.go): more failures than `failureLimit` fail, more inconclusive looks than `inconclusiveLimit` are
 * inconclusive, `consecutive` passes in a row pass, and anything but a pass begins the row anew. Different here: an
 * absent limit does not end the series; what could not be measured has no limit but `within`, because a monitoring
 * system that is down says nothing about the service; looks during the warm-up (its initialDelay) are kept, not counted.
 */
export function withSample(series: Series, sample: Sample, rules: MeasureRules, since: number): Series {
  const last = { at: sample.at, status: sample.status, summary: sample.evidence.summary }
  if (series.ended || sample.at > since + rules.within) return series.ended ? series : { ...series, last }
  if (sample.at < since + rules.warmUp) return { ...series, last, early: series.early + 1 }
  const counted = { ...series, last, inARow: sample.status === 'pass' ? series.inARow + 1 : 0 }
  if (sample.status === 'pass') counted.passed++
  if (sample.status === 'fail') counted.failed++
  if (sample.status === 'inconclusive') counted.inconclusive++
  if (sample.status === 'error') counted.errors++
  const ended = endedBy(counted, rules)
  return { ...counted, ...(ended && { ended }) }
}

function endedBy(series: Series, rules: MeasureRules): Verdict['status'] | undefined {
  if (rules.failureLimit !== undefined && series.failed > rules.failureLimit) return 'fail'
  if (rules.inconclusiveLimit !== undefined && series.inconclusive > rules.inconclusiveLimit) return 'inconclusive'
  return series.inARow >= needed(rules) ? 'pass' : undefined
}

/**
 * What the series means at this time: a verdict, or when to look again, in milliseconds, and what is waited for. When no
 * further look fits into `within`, it ends: as failed if any look failed, else as inconclusive. Never as passed, unlike
 * Argo Rollouts, where an analysis that is ended early without a failure counts as successful. A series without a
 * single look is inconclusive. Pure: the same series at the same time means the same.
 */
export function judge(
  series: Series,
  rules: MeasureRules,
  { since, now }: { since: number; now: number },
): { verdict: Verdict } | { again: number; doing: string } {
  if (series.ended) return { verdict: verdict(series.ended, decided(series, rules), series, rules) }
  const next = Math.max(now, series.last ? series.last.at + pause(series.last.status, rules) : since)
  if (next <= since + rules.within) return { again: next - now, doing: doing(series, rules) }
  const status = series.failed > 0 ? 'fail' : 'inconclusive'
  return { verdict: verdict(status, unproven(series, rules), series, rules) }
}

/** What a whole series means at its end: `judge` over all looks, for those who have them at hand. */
export function measure(
  samples: readonly Sample[],
  rules: MeasureRules,
  clock: { since: number; now: number },
): ReturnType<typeof judge> {
  return judge(
    samples.reduce((series, sample) => withSample(series, sample, rules, clock.since), NO_SAMPLES),
    rules,
    clock,
  )
}

function pause(status: Sample['status'], { every }: MeasureRules): number {
  return Math.max(SHORTEST_PAUSE, status === 'error' ? Math.min(every, ERROR_PAUSE) : every)
}

function needed({ consecutive }: MeasureRules): number {
  return Math.max(1, consecutive)
}

function decided(series: Series, rules: MeasureRules): string {
  const last = series.last?.summary ?? ''
  if (series.ended === 'pass') return needed(rules) === 1 ? last : `${needed(rules)} passes in a row: ${last}`
  const [count, limit, word] =
    series.ended === 'fail'
      ? [series.failed, rules.failureLimit, 'failed']
      : [series.inconclusive, rules.inconclusiveLimit, 'inconclusive']
  return `${count} ${count === 1 ? 'look' : 'looks'} ${word}, at most ${limit} may be: ${last}`
}

function unproven(series: Series, rules: MeasureRules): string {
  const within = readable(rules.within)
  if (!series.last) return `nothing was measured within ${within}`
  const wanted = needed(rules) === 1 ? 'no pass' : `not ${needed(rules)} passes in a row`
  return `${wanted} within ${within} (${counts(series)}); last: ${series.last.summary}`
}

function doing(series: Series, rules: MeasureRules): string {
  if (!series.last) return 'measures for the first time'
  const row = `${series.inARow} of ${needed(rules)} passes in a row`
  const early = series.early > 0 && counts(series) === 'nothing counted' ? `warming up, ${row}` : row
  return `${early}; last: ${series.last.summary}`
}

function counts({ passed, failed, inconclusive, errors }: Series): string {
  const all = [
    [passed, 'passed'],
    [failed, 'failed'],
    [inconclusive, 'inconclusive'],
    [errors, 'not measured'],
  ] as const
  const some = all.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : []))
  return some.join(', ') || 'nothing counted'
}

function verdict(status: Verdict['status'], summary: string, series: Series, rules: MeasureRules): Verdict {
  const { passed, failed, inconclusive, errors, inARow } = series
  return {
    status,
    evidence: { summary, facts: { passed, failed, inconclusive, errors, inARow, needed: needed(rules) } },
  }
}
