import { z } from 'zod'
import type { Report } from '../../model/report.ts'
import { runFields } from './record.ts'

const Utc = z.string().describe('ISO 8601, UTC.')
const Ms = z.number().describe('Milliseconds.')
const { startedAt: _startedAt, endedAt: _endedAt, plannedAt: _plannedAt, ...shared } = runFields
const step = runFields.steps.element.shape
const plan = step.plan.unwrap().shape

const ReportStep = z.object({
  id: step.id,
  kind: step.kind,
  title: step.title,
  connection: step.connection,
  status: step.status,
  summary: z.string().exactOptional(),
  changes: plan.changes,
  warnings: plan.warnings,
  from: z.unknown().exactOptional(),
  to: z.unknown().exactOptional(),
  verdict: z.object({ status: z.string(), evidence: step.verdict.unwrap().shape.evidence }).exactOptional(),
  problem: step.problem,
  durationMs: Ms.exactOptional(),
})

/** The report as JSON. */
export const ReportDocument = z
  .object({
    format: shared.format,
    id: shared.id,
    runId: shared.runId,
    service: shared.service,
    environment: shared.environment,
    reason: shared.reason,
    incident: shared.incident,
    undoes: shared.undoes,
    startedBy: shared.startedBy,
    startedAt: Utc,
    endedAt: Utc.exactOptional(),
    phase: shared.phase,
    outcome: shared.outcome,
    problem: shared.problem,
    planDigest: shared.planDigest,
    approvals: z.array(runFields.approvals.element.extend({ at: Utc })),
    durations: z
      .object({ planned: Ms.exactOptional(), mitigated: Ms.exactOptional(), total: Ms.exactOptional() })
      .describe('From the start; absent while it has not happened.'),
    steps: z.array(ReportStep),
    stillChanged: z.array(z.string()).describe('What the run changed and did not take back.'),
    timeline: z.array(runFields.timeline.element.extend({ at: Utc })),
  })
  .meta({ id: 'Report' }) satisfies z.ZodType<Report>

export const MarkdownReport = z.string().describe('The same report as Markdown.')

export const EventStream = z
  .string()
  .describe('Server-sent events; `data` is JSON: TimelineEvent, the record as in Rollback, { doing }, { outcome }.')
