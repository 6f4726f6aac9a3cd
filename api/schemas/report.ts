import { z } from 'zod'
import type { Report } from '../../model/report/index.ts'
import { CHECKLIST_PHASES } from '../../model/runbook/compiled.ts'
import { runFields } from './record.ts'

const Utc = z.string().meta({ format: 'date-time', description: 'ISO 8601, UTC.' })
const Ms = z.number().describe('Milliseconds.')
const Text = z.record(z.string(), z.string())
const Values = z.record(z.string(), z.unknown())
const step = runFields.steps.element.shape
const plan = step.plan.unwrap().shape
const evidence = step.verdict.unwrap().shape.evidence

const ReportStep = z.object({
  id: step.id,
  kind: step.kind,
  title: step.title,
  connection: step.connection,
  role: z.enum(['change', 'check', 'wait', 'manual', 'approve', 'notify']).exactOptional(),
  status: step.status,
  summary: z.string().exactOptional(),
  changes: plan.changes,
  warnings: plan.warnings,
  from: z.unknown().exactOptional(),
  to: z.unknown().exactOptional(),
  irreversible: z.string().exactOptional().describe('Why it can’t be taken back; absent where it can.'),
  lost: z.array(z.string()).describe('What went away with the move: commits, features, migrations.'),
  impact: z.array(z.string()).describe('What it meant while it happened.'),
  release: z.string().exactOptional(),
  inputs: Values.exactOptional().describe('What the condition of the step was evaluated from.'),
  verdict: z.object({ status: z.string(), evidence }).exactOptional(),
  samples: z.array(evidence).describe('The first and last looks that the verdict was made from.'),
  problem: step.problem,
  byHand: z.boolean().exactOptional(),
  corrected: Values.exactOptional().describe('Fields that a person corrected.'),
  retried: z.number().exactOptional(),
  startedAt: Utc.exactOptional(),
  endedAt: Utc.exactOptional(),
  durationMs: Ms.exactOptional(),
})

const { at: _at, ...event } = runFields.timeline.element.shape
const Event = z.object({ ...event, at: Utc })
const { at: _approvedAt, ...approval } = runFields.approvals.element.shape
const Ticked = z.object({ at: Utc, by: z.string(), note: z.string().exactOptional() })

const ReportAnswer = z.object({
  id: z.string(),
  question: z.string(),
  answer: z.enum(['yes', 'no']),
  at: Utc,
  by: z.union([z.literal('evidence'), z.object({ subject: z.string() })]),
  expression: z.string().exactOptional(),
  inputs: Values.exactOptional(),
  note: z.string().exactOptional(),
})

const origin = 'From the alert where one is known, else from the start.'
const Times = z
  .object({
    from: z.enum(['alert', 'start']),
    since: Utc,
    decide: Ms.exactOptional().describe('Until the first change began.'),
    mitigate: Ms.exactOptional().describe('Until the last change was applied.'),
    recover: Ms.exactOptional().describe('Until the run ended as recovered.'),
  })
  .describe(origin)

/** The report as JSON. */
export const ReportDocument = z
  .object({
    format: runFields.format,
    id: runFields.id,
    runId: runFields.runId,
    service: runFields.service,
    environment: runFields.environment,
    reason: runFields.reason,
    incident: runFields.incident,
    undoes: runFields.undoes,
    startedBy: runFields.startedBy,
    startedAt: Utc,
    endedAt: Utc.exactOptional(),
    phase: runFields.phase,
    outcome: runFields.outcome,
    problem: runFields.problem,
    planDigest: runFields.planDigest,
    alert: z.object({ startsAt: z.string(), labels: Text }).exactOptional(),
    runbook: z.object({ name: z.string(), revision: z.string(), source: z.string() }).exactOptional(),
    procedure: z.string().exactOptional(),
    path: z.array(ReportAnswer).describe('The way through the decision tree.'),
    release: z
      .object({
        version: z.string().exactOptional(),
        deployedAt: z.string().exactOptional(),
        commit: z.string().exactOptional(),
        migrations: z.array(z.string()).exactOptional(),
      })
      .exactOptional()
      .describe('The release that was left.'),
    traffic: z.string().exactOptional().describe('What the service served when the plan was made.'),
    lastDrill: z
      .object({ at: Utc, took: Ms })
      .nullable()
      .exactOptional()
      .describe('The last drill of the service that passed, where a step touches data; null where none ever has.'),
    because: z.array(z.string()).describe('Why approvals were asked for.'),
    approvals: z.array(z.object({ ...approval, at: Utc, stepId: z.string().exactOptional() })),
    brokenGlass: z
      .object({ planDigest: z.string(), by: z.string(), at: Utc, incident: z.string() })
      .exactOptional()
      .describe('Somebody went on without the approvals.'),
    durations: z
      .object({ planned: Ms.exactOptional(), mitigated: Ms.exactOptional(), total: Ms.exactOptional() })
      .describe('From the start; absent while it has not happened.'),
    times: Times,
    steps: z.array(ReportStep),
    stillChanged: z.array(z.string()).describe('What the run changed and did not take back.'),
    decisions: z.array(Event).describe('What people said to the run.'),
    messages: z.array(Event).describe('What people were told, and whether it arrived.'),
    checklist: z.array(
      z.object({
        id: z.string(),
        phase: z.enum(CHECKLIST_PHASES),
        text: z.string(),
        required: z.boolean(),
        ticks: z.union([z.object({ event: z.string() }), z.object({ step: z.string() })]).exactOptional(),
        ticked: Ticked.exactOptional(),
      }),
    ),
    obligations: z
      .array(
        z.object({
          id: z.string(),
          text: z.string(),
          owner: z.string(),
          due: Utc,
          settled: Ticked.exactOptional(),
        }),
      )
      .describe('What stays owed after the end.'),
    timeline: z.array(Event.extend({ after: Ms.describe('Milliseconds since the start.') })),
  })
  .meta({ id: 'Report' }) satisfies z.ZodType<Report>

export const MarkdownReport = z.string().describe('The same report as Markdown.')

export const EventStream = z
  .string()
  .describe('Server-sent events; `data` is JSON: TimelineEvent, the record as in Rollback, { doing }, { outcome }.')
