import { z } from 'zod'
import { CHECKLIST_PHASES } from '../../model/runbook/compiled.ts'
import type {
  Decision,
  Nudged,
  Obligation,
  ReleaseFacts,
  StepAsking,
  TickedItem,
} from '../../model/runbook/progress.ts'

// What a run by a runbook records beside the rest; checked against the interfaces of `model` like all of the record.

const At = z.number().describe('Epoch milliseconds, UTC.')
const Inputs = z.record(z.string(), z.unknown()).describe('What the expression was evaluated from.')

export const RuleSchema = z.object({
  min: z.number(),
  groups: z.array(z.string()),
  self: z.boolean(),
  expires: z.number(),
  when: z.string().exactOptional(),
  remind: z.number().exactOptional(),
  escalate: z.number().exactOptional(),
})

export const NeedSchema = z
  .object({ rules: z.array(RuleSchema), because: z.array(z.string()) })
  .meta({ id: 'ApprovalNeed' })

export const NudgedSchema = z
  .object({ reminded: At.exactOptional(), times: z.number().exactOptional(), escalated: At.exactOptional() })
  .meta({
    id: 'Nudged',
    description: 'When people were last reminded of what waits, and when it was escalated.',
  }) satisfies z.ZodType<Nudged>

const AnsweredSchema = z
  .object({
    id: z.string(),
    question: z.string(),
    answer: z.enum(['yes', 'no']),
    at: At,
    by: z.union([z.literal('evidence'), z.object({ subject: z.string() })]),
    expression: z.string().exactOptional(),
    inputs: Inputs.exactOptional(),
    note: z.string().exactOptional(),
  })
  .meta({ id: 'Answered' })

const AskingSchema = z
  .object({
    id: z.string(),
    question: z.string(),
    attempt: z.number().describe('An answer names the attempt that it answers.'),
    since: At,
    because: z.string().exactOptional().describe('Why evidence has no answer.'),
    expression: z.string().exactOptional(),
    inputs: Inputs.exactOptional(),
    nudged: NudgedSchema.exactOptional(),
  })
  .meta({ id: 'Asking' })

export const DecisionSchema = z.object({ path: z.array(AnsweredSchema), asking: AskingSchema.exactOptional() }).meta({
  id: 'Decision',
  description: 'The path through the decision tree, and the question that waits for a person.',
}) satisfies z.ZodType<Decision>

export const StepAskingSchema = z
  .object({
    what: z.enum(['when', 'manual', 'approve']),
    question: z.string(),
    because: z.string().exactOptional(),
    since: At,
    inputs: Inputs.exactOptional(),
    need: NeedSchema.exactOptional(),
    rejected: z.object({ by: z.string(), note: z.string().exactOptional() }).exactOptional(),
    nudged: NudgedSchema.exactOptional(),
  })
  .meta({
    id: 'StepAsking',
    description: 'What the step waits for: a yes or no (answers), or an approval (approvals).',
  }) satisfies z.ZodType<StepAsking>

const ItemSchema = z
  .object({
    id: z.string(),
    phase: z.enum(CHECKLIST_PHASES),
    text: z.string(),
    required: z.boolean().describe('The run ends only once it is ticked.'),
    ticks: z.union([z.object({ event: z.string() }), z.object({ step: z.string() })]).exactOptional(),
    ticked: z.object({ at: At, by: z.string(), note: z.string().exactOptional() }).exactOptional(),
  })
  .meta({ id: 'ChecklistItem' }) satisfies z.ZodType<TickedItem>

export const ObligationSchema = z
  .object({
    id: z.string(),
    text: z.string(),
    owner: z.string(),
    due: At,
    settled: z.object({ at: At, by: z.string(), note: z.string().exactOptional() }).exactOptional(),
  })
  .meta({ id: 'RunObligation' }) satisfies z.ZodType<Obligation>

const ReleaseSchema = z.object({
  version: z.string().exactOptional(),
  deployedAt: z.string().exactOptional(),
  commit: z.string().exactOptional(),
  migrations: z.array(z.string()).exactOptional(),
}) satisfies z.ZodType<ReleaseFacts>

/** Fields of the record that only a run by a runbook has. */
export const runbookFields = {
  runbook: z.object({ name: z.string(), revision: z.string(), source: z.string() }).exactOptional(),
  procedure: z.string().exactOptional(),
  decision: DecisionSchema.exactOptional(),
  release: ReleaseSchema.exactOptional().describe('What is known of the release that is left.'),
  checklist: z.array(ItemSchema).exactOptional(),
  obligations: z.array(ObligationSchema).exactOptional(),
  brokenGlass: z
    .object({ planDigest: z.string(), by: z.string(), at: At, incident: z.string() })
    .exactOptional()
    .describe('Somebody went on without the missing approvals of this plan.'),
  overdue: z.object({ at: At }).exactOptional().describe('When the run went past the time of its runbook.'),
  nudged: NudgedSchema.exactOptional(),
} as const
