import { z } from 'zod'
import { type DryRun, OUTCOMES, PHASES, type RunState } from '../../model/run.ts'
import { DecisionSchema } from './runbook.ts'
import { ReleaseDocument } from './services.ts'
import { ActorSchema, LastDrillSchema, NeedSchema, RevisionSchema, runFields, StepStateSchema } from './record.ts'

const Url = z.string().describe('Where the rollback can be read; absolute when the configuration names api.url.')
const Worker = z.enum(['running', 'none']).describe('Whether a worker polls the queue. Without one the rollback waits.')

/** A rollback as GET shows it: its whole record and how fresh that is. */
export const RollbackDocument = z
  .object({
    ...runFields,
    url: Url,
    stale: z
      .boolean()
      .describe(
        'True when no worker answered: steps and timeline are then missing, the rest is what Temporal has on record.',
      ),
    worker: Worker.exactOptional(),
    temporalUi: z.string().exactOptional(),
  })
  .meta({ id: 'Rollback' }) satisfies z.ZodType<RunState>
export type RollbackDocument = z.infer<typeof RollbackDocument>

/** What starting a rollback answers; `created` is false when the idempotency key was known. */
export const StartedDocument = z
  .object({
    id: z.string(),
    runId: z.string(),
    service: z.string(),
    environment: z.string(),
    url: Url,
    created: z.boolean(),
    worker: Worker,
  })
  .meta({ id: 'Started' })
export type StartedDocument = z.infer<typeof StartedDocument>

export const PlanDocument = z
  .object({
    digest: z.string().exactOptional().describe('Absent where a question is open, or the runbook stops.'),
    steps: z.array(StepStateSchema),
    need: NeedSchema.exactOptional(),
    decision: DecisionSchema.exactOptional(),
    procedure: z.string().exactOptional(),
    expected: z
      .object({
        least: z.number().describe('Milliseconds, even if everything goes well at once.'),
        most: z.number().describe('Milliseconds, if everything needs all the time that it has.'),
        people: z.int().describe('Steps that wait for people besides.'),
      })
      .exactOptional()
      .describe('How long it takes by its own bounds; no part of the digest.'),
    stop: z.string().exactOptional().describe('The runbook rolls nothing back here, and says what to do instead.'),
    lastDrill: LastDrillSchema.exactOptional(),
    traffic: z.string().exactOptional().describe('What the service serves now; no part of the digest.'),
  })
  .meta({
    id: 'PlannedRollback',
    description: 'The dry run: nothing was changed or locked.',
  }) satisfies z.ZodType<DryRun>
export type PlanDocument = z.infer<typeof PlanDocument>

const Summary = z
  .object({
    id: z.string(),
    runId: z.string(),
    service: z.string(),
    environment: z.string(),
    phase: z.enum(PHASES),
    outcome: z.enum(OUTCOMES).exactOptional(),
    reason: z.string().exactOptional(),
    incident: z.string().exactOptional(),
    startedBy: ActorSchema.exactOptional(),
    startedAt: z.number().describe('Epoch milliseconds, UTC.'),
    endedAt: z.number().exactOptional(),
    url: Url,
  })
  .meta({ id: 'RollbackSummary' })
export type Summary = z.infer<typeof Summary>

export const ListDocument = z
  .object({ rollbacks: z.array(Summary), nextPage: z.string().exactOptional() })
  .meta({ id: 'RollbackList', description: 'Newest first. The list may lag behind the rollbacks by a second.' })
export type ListDocument = z.infer<typeof ListDocument>

export const ReplyDocument = z
  .object({ phase: z.enum(PHASES), planDigest: z.string().exactOptional(), url: Url })
  .meta({ id: 'Reply', description: 'Where the run stands after it has taken the message.' })
export type ReplyDocument = z.infer<typeof ReplyDocument>

export const HistoryDocument = z
  .object({
    revisions: z.array(RevisionSchema),
    releases: z.array(ReleaseDocument).describe('What is recorded of the service, newest first.'),
  })
  .meta({ id: 'History' })
export type HistoryDocument = z.infer<typeof HistoryDocument>

export const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' })

export const Readiness = z
  .object({ status: z.literal('ready'), temporal: z.literal('reachable'), worker: z.literal('running') })
  .meta({ id: 'Readiness' })
