import { z } from 'zod'
import type { DrillResult } from '../../model/drill/result.ts'
import { RunbookRequest } from '../../model/request.ts'
import { Duration, Name } from '../../model/step.ts'
import { ErrorCodes, LastDrillSchema } from './record.ts'

const procedure = Name.optional().describe('Default: the first one that begins with a step which can be drilled.')

/** Which runbook is drilled, where, and by which of its procedures. */
export const DrillRequest = z
  .strictObject({
    runbook: RunbookRequest.shape.runbook,
    environment: Name,
    procedure,
    parameters: RunbookRequest.shape.parameters,
    reason: RunbookRequest.shape.reason.default('a drill'),
  })
  .meta({ id: 'DrillRequest' })
export type DrillRequest = z.infer<typeof DrillRequest>

export const DrillSchedule = DrillRequest.omit({ environment: true })
  .extend({ every: Duration.describe('Between two drills, at least an hour: 7d.') })
  .meta({
    id: 'DrillSchedule',
    description: 'The runbook is drilled as it stands now; schedule it anew when it changes.',
  })
export type DrillSchedule = z.infer<typeof DrillSchedule>

export const DrillStarted = z
  .object({
    id: z.string().describe('Of the workflow.'),
    runId: z.string(),
    service: z.string(),
    environment: z.string(),
  })
  .meta({ id: 'DrillStarted' })
export type DrillStarted = z.infer<typeof DrillStarted>

export const DrillsStopped = z
  .object({ stopped: z.array(z.object({ id: z.string(), runId: z.string() })) })
  .meta({ id: 'DrillsStopped', description: 'The drills that end now: each still takes away what it has made.' })
export type DrillsStopped = z.infer<typeof DrillsStopped>

const Step = z.object({
  id: z.string(),
  title: z.string(),
  took: z.number().exactOptional().describe('Milliseconds.'),
  seen: z.string().exactOptional().describe('What was seen at its end.'),
})

const Result = z
  .object({
    runId: z.string(),
    service: z.string(),
    environment: z.string(),
    runbook: z.string().exactOptional(),
    procedure: z.string().exactOptional(),
    startedAt: z.number().describe('Epoch milliseconds, UTC.'),
    took: z.number().describe('Milliseconds until every step held, or until the drill had failed and ended.'),
    passed: z.boolean(),
    problem: z.object({ code: ErrorCodes, message: z.string() }).exactOptional(),
    steps: z.array(Step),
    left: z.array(z.string()).exactOptional().describe('What could not be taken away; somebody owes it.'),
  })
  .meta({ id: 'DrillResult' }) satisfies z.ZodType<DrillResult>

const Schedule = z
  .object({
    every: z.number().describe('Milliseconds.'),
    next: z.number().exactOptional().describe('Epoch milliseconds, UTC.'),
    paused: z.boolean().describe('Paused in Temporal: none is started.'),
    runbook: z.string(),
    procedure: z.string(),
    revision: z.string().describe('The runbook that is drilled, as it stood when it was scheduled.'),
    outdated: z.boolean().describe('The runbook is another one now; schedule it anew.'),
  })
  .meta({ id: 'DrillsScheduled' })

export const DrillsDocument = z
  .object({
    last: LastDrillSchema,
    overdue: z.boolean().describe('Scheduled, and none has passed for twice the time between two.'),
    schedule: Schedule.exactOptional(),
    running: z.boolean(),
    results: z.array(Result).describe('Of the last year, newest first, at most 50.'),
  })
  .meta({ id: 'Drills', description: 'What the archive keeps of the drills of one service, and when the next one is.' })
export type DrillsDocument = z.infer<typeof DrillsDocument>
