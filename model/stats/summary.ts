import type { Outcome } from '../run.ts'
import type { Report } from '../report/report.ts'

/** One run in a line: what figures over many runs are made from. Spans in milliseconds, as in the report's times. */
export interface RunSummary {
  format: 1
  runId: string
  service: string
  environment: string
  startedAt: string
  outcome: Outcome
  runbook?: string
  decide?: number
  mitigate?: number
  recover?: number
}

/** The line that stands for a run that has ended. One that was cut off counts as aborted. */
export function summaryOf(report: Report): RunSummary {
  const { runId, service, environment, startedAt, outcome = 'aborted', runbook, times } = report
  const { decide, mitigate, recover } = times
  return {
    format: 1,
    ...{ runId, service, environment, startedAt, outcome },
    ...(runbook && { runbook: runbook.name }),
    ...(decide !== undefined && { decide }),
    ...(mitigate !== undefined && { mitigate }),
    ...(recover !== undefined && { recover }),
  }
}
