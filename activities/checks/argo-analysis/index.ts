import type { Connection } from '../../../model/configuration.ts'
import { milliseconds, readable } from '../../../model/duration.ts'
import { defineCheck } from '../../../model/measurement.ts'
import type { Verdict } from '../../../model/target.ts'
import { openCluster } from '../cluster.ts'
import { plain } from '../query/given.ts'
import type { AnalysisRun, MetricResult } from '../../kubernetes/analysis.ts'
import { readAnalysis } from './read.ts'
import { ArgoAnalysisMeasurement } from './schema.ts'

/** Metrics that are kept as evidence, and the newest measurements of each. */
const METRICS = 8
const MEASUREMENTS = 3

/** Measures by reading what an AnalysisRun has measured. What is not over yet is inconclusive: a later look may pass. */
export const argoAnalysis = defineCheck<typeof ArgoAnalysisMeasurement, Connection>({
  schema: ArgoAnalysisMeasurement,
  measure: async (measurement, { connection, signal }) => {
    const cluster = await openCluster(measurement, connection)
    const run = await readAnalysis(cluster, measurement, signal)
    const which = measurement['argo-analysis']
    if (!run) return { status: 'inconclusive', evidence: { summary: `${which} has started no analysis` } }
    const { name } = run.metadata
    const { status, what } = judged(run, milliseconds(measurement.maxAge), Date.now())
    const metrics = (run.status?.metricResults ?? []).slice(0, METRICS).map(factsOf)
    const facts = { analysisRun: name, phase: run.status?.phase ?? 'none', metrics }
    return { status, evidence: { summary: `analysis ${name}: ${what}`, facts } }
  },
})

interface Judged {
  status: Verdict['status']
  what: string
}

function judged({ spec, status = {} }: AnalysisRun, maxAge: number, now: number): Judged {
  const { phase = 'Pending', message, metricResults = [], completedAt } = status
  const because = message ? `: ${plain(message)}` : ''
  if (phase === 'Failed') return { status: 'fail', what: `Failed${because || failing(metricResults)}` }
  if (phase === 'Pending' || phase === 'Running') return { status: 'inconclusive', what: `is still ${phase}` }
  // It could not measure (Error), or could not tell (Inconclusive): both prove nothing.
  if (phase !== 'Successful') return { status: 'inconclusive', what: `${plain(phase)}${because}` }
  const ended = endOf(completedAt, metricResults)
  if (ended === undefined) return { status: 'inconclusive', what: 'Successful, but it does not say when' }
  if (now - ended > maxAge)
    return { status: 'inconclusive', what: `Successful, but ${readable(now - ended)} ago: start another one` }
  const counted = metricResults.filter(({ dryRun }) => dryRun !== true)
  // An analysis that is stopped before it has measured is called Successful as well.
  const empty = counted.find(({ successful = 0 }) => successful === 0)
  if (counted.length === 0 || empty) {
    const why = spec?.terminate ? 'it was stopped' : 'it ended'
    return { status: 'inconclusive', what: `Successful, but ${why} before ${empty?.name ?? 'anything'} was measured` }
  }
  const taken = counted.reduce((all, { successful = 0 }) => all + successful, 0)
  return {
    status: 'pass',
    what: `Successful, ${taken} measurements of ${counted.map(({ name }) => plain(name)).join(', ')}`,
  }
}

/** When it was over; before version 1.8 only the measurements say so. */
function endOf(completedAt: string | undefined, results: readonly MetricResult[]): number | undefined {
  const times = [completedAt, ...results.flatMap(({ measurements = [] }) => measurements.map((one) => one.finishedAt))]
  const known = times.map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time))
  return known.length > 0 ? Math.max(...known) : undefined
}

function failing(results: readonly MetricResult[]): string {
  const worst = results.find(({ phase }) => phase === 'Failed')
  return worst ? `: ${plain(worst.name)}, ${worst.failed ?? 0} of ${worst.count ?? 0} measurements failed` : ''
}

function factsOf({ name, phase, dryRun, successful, failed, inconclusive, error, measurements = [] }: MetricResult) {
  const values = measurements
    .slice(-MEASUREMENTS)
    .map(({ value, phase: one }) => `${plain(value ?? '')} ${one ?? ''}`.slice(0, 60))
  return {
    name: plain(name).slice(0, 60),
    phase,
    ...(dryRun && { dryRun }),
    ...(successful !== undefined && { successful }),
    ...(failed !== undefined && { failed }),
    ...(inconclusive !== undefined && { inconclusive }),
    ...(error !== undefined && { error }),
    values,
  }
}
