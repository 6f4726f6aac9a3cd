import { z } from 'zod'
import type { LastDrill } from '../../model/drill/result.ts'
import { type ErrorCode, errors, type Problem } from '../../model/errors.ts'
import type { Actor, Approval } from '../../model/policy.ts'
import {
  CHOICES,
  EVENT_TYPES,
  OUTCOMES,
  type Parked,
  PHASES,
  STEP_STATUSES,
  type StepState,
  type TimelineEvent,
} from '../../model/run.ts'
import { NeedSchema, NudgedSchema, runbookFields, StepAskingSchema } from './runbook.ts'
import type { Evidence, Plan, Revision, Verdict } from '../../model/target.ts'

// The record of a run, as the document of the API describes it. The interfaces of `model` are the source; each schema here
// is checked against its interface by the compiler, and against real answers by the tests.

const At = z.number().describe('Epoch milliseconds, UTC.')
const Facts = z.record(z.string(), z.unknown())

export const ErrorCodes = z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]).meta({ id: 'ErrorCode' })

const CauseSchema = z
  .object({ code: ErrorCodes, message: z.string(), facts: Facts.exactOptional() })
  .meta({ id: 'Cause', description: 'What went wrong, and what to do next.' }) satisfies z.ZodType<Problem>

export const LastDrillSchema = z
  .object({ at: At, took: z.number().describe('Milliseconds.') })
  .nullable()
  .describe(
    'The last drill of the service that passed, where a step touches data; null where none ever has.',
  ) satisfies z.ZodType<LastDrill | null>

export const ActorSchema = z
  .object({ subject: z.string(), groups: z.array(z.string()) })
  .meta({ id: 'Actor' }) satisfies z.ZodType<Actor>

const EvidenceSchema = z
  .object({ summary: z.string(), facts: Facts.exactOptional() })
  .meta({ id: 'Evidence' }) satisfies z.ZodType<Evidence>

const VerdictSchema = z
  .object({ status: z.enum(['pass', 'fail', 'inconclusive']), evidence: EvidenceSchema })
  .meta({ id: 'Verdict' }) satisfies z.ZodType<Verdict>

const PlanSchema = z
  .object({
    summary: z.string(),
    object: z.string().describe('Identity of the object that is locked.'),
    also: z.array(z.string()).exactOptional().describe('Identities that are locked beside it.'),
    from: z.record(z.string(), z.unknown()),
    to: z.record(z.string(), z.unknown()),
    changes: z.array(z.object({ path: z.string(), from: z.string().exactOptional(), to: z.string().exactOptional() })),
    reversible: z.union([z.literal(true), z.object({ because: z.string() })]),
    warnings: z.array(z.object({ code: z.string(), message: z.string(), confirm: z.boolean().exactOptional() })),
    limits: z.object({ apply: z.number(), verify: z.number() }).describe('Milliseconds.'),
    release: z.string().exactOptional().describe('The release that the step leads to, where the system tells.'),
    impact: z.array(z.string()).exactOptional().describe('What it means while it happens.'),
    lost: z.array(z.string()).exactOptional().describe('What goes away with the move.'),
    artifacts: z
      .object({ from: z.array(z.string()), to: z.array(z.string()) })
      .exactOptional()
      .describe('Images that run before and after.'),
    schema: z
      .enum(['safe', 'unsafe', 'unknown'])
      .exactOptional()
      .describe('Whether the earlier code can run on the present data.'),
    data: z.boolean().exactOptional().describe('Whether it touches data.'),
    owes: z.string().exactOptional().describe('What stays owed once the step is done, until it is let go of.'),
  })
  .meta({ id: 'Plan' }) satisfies z.ZodType<Plan>

export { NeedSchema }

const ApprovalSchema = z
  .object({
    actor: ActorSchema,
    planDigest: z.string(),
    at: At,
    note: z.string().exactOptional(),
    stepId: z.string().exactOptional().describe('The approve step in mid-run; absent: the plan.'),
  })
  .meta({ id: 'Approval' }) satisfies z.ZodType<Approval>

const ParkedSchema = z
  .object({
    stepId: z.string(),
    attempt: z.number(),
    during: z.enum(['plan', 'apply', 'verify', 'compensate']),
    problem: CauseSchema,
    evidence: EvidenceSchema.exactOptional(),
    choices: z.array(z.object({ choice: z.enum(CHOICES), effect: z.string() })),
    since: At,
    nudged: NudgedSchema.exactOptional(),
  })
  .meta({
    id: 'Parked',
    description: 'Why the run waits for a person, and what each answer will do.',
  }) satisfies z.ZodType<Parked>

export const StepStateSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    title: z.string(),
    connection: z.string(),
    optional: z.boolean(),
    status: z.enum(STEP_STATUSES),
    attempt: z.number().describe('A decision names the attempt that it answers.'),
    begun: z.boolean(),
    plan: PlanSchema.exactOptional(),
    state: z.record(z.string(), z.unknown()).exactOptional(),
    verdict: VerdictSchema.exactOptional(),
    problem: CauseSchema.exactOptional(),
    byHand: z.boolean().exactOptional(),
    role: z.enum(['change', 'check', 'wait', 'manual', 'approve', 'notify']).exactOptional(),
    procedure: z.string().exactOptional(),
    group: z.number().exactOptional().describe('Neighbours with the same number are carried out at the same time.'),
    asking: StepAskingSchema.exactOptional(),
    until: At.exactOptional().describe('Until when the run waits before it goes on with the step.'),
    corrected: Facts.exactOptional().describe('Fields that a person has corrected.'),
    retried: z.number().exactOptional(),
    inputs: Facts.exactOptional().describe('What `when` was evaluated from.'),
    verifySince: At.exactOptional(),
    startedAt: At.exactOptional(),
    endedAt: At.exactOptional(),
  })
  .meta({ id: 'StepState' }) satisfies z.ZodType<StepState>

export const TimelineEventSchema = z
  .object({
    seq: z.number(),
    at: At,
    type: z.enum(EVENT_TYPES),
    text: z.string(),
    stepId: z.string().exactOptional(),
    actor: z.string().exactOptional(),
    verified: z.boolean().exactOptional().describe('False when the message came past the API.'),
  })
  .meta({ id: 'TimelineEvent' }) satisfies z.ZodType<TimelineEvent>

export const runFields = {
  format: z.literal(1),
  id: z.string(),
  runId: z.string().describe('The identity of this rollback.'),
  service: z.string(),
  environment: z.string(),
  reason: z.string(),
  incident: z.string().exactOptional(),
  undoes: z.string().exactOptional(),
  automatic: z.string().exactOptional().describe('The proposal that has started it without a person.'),
  startedBy: ActorSchema,
  startedAt: At,
  endedAt: At.exactOptional(),
  phase: z.enum(PHASES),
  outcome: z.enum(OUTCOMES).exactOptional(),
  problem: CauseSchema.exactOptional(),
  planDigest: z.string().exactOptional(),
  plannedAt: At.exactOptional(),
  need: NeedSchema.exactOptional(),
  needSince: At.exactOptional(),
  approvals: z.array(ApprovalSchema),
  parked: ParkedSchema.exactOptional(),
  pause: z.object({ by: z.string(), at: At }).exactOptional(),
  claimedBy: z.string().exactOptional(),
  drill: z.object({ took: z.number().exactOptional(), problem: CauseSchema.exactOptional() }).exactOptional(),
  lastDrill: LastDrillSchema.exactOptional(),
  traffic: z.string().exactOptional().describe('What the service served when the plan was made.'),
  ...runbookFields,
  steps: z.array(StepStateSchema),
  timeline: z.array(TimelineEventSchema),
} as const

export const RevisionSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    current: z.boolean(),
    verified: z.boolean(),
    createdAt: z.string().exactOptional(),
    details: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Revision' }) satisfies z.ZodType<Revision>
