import { z } from 'zod'
import { Duration, Expression, Name, Sentence } from '../step.ts'
import { MODES } from '../triggers/modes.ts'
import { CHECKLIST_PHASES } from './compiled.ts'
import type { StepSchema } from '../target.ts'
import { type Condition, runbookEntries, triggerCondition } from './steps.ts'

/** Names of parameters and labels: CEL and templates write them after a dot. */
const Key = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, 'use letters, digits and underscores, beginning with a letter')

const Value = z.union([z.string().max(200), z.number(), z.boolean()])
const Group = z.string().min(1).max(200)
/** A channel of the configuration, or a contact of the runbook. */
const Channels = z.array(z.string().min(1).max(200)).max(10)

const Parameter = z
  .strictObject({
    type: z.enum(['string', 'number', 'boolean', 'release']),
    default: Value.optional().describe('Without it, whoever starts the runbook must say it.'),
    enum: z.array(Value).min(1).max(50).optional().describe('The only values it may have.'),
    pattern: z
      .string()
      .max(100)
      .optional()
      .describe('Regular expression for the whole text: characters, classes and at most four repetitions, no groups.'),
    description: Sentence.optional(),
  })
  .meta({ id: 'RunbookParameter', description: 'release: every step that changes something goes to it.' })

const trigger = (condition: z.ZodType<Condition>) =>
  z
    .strictObject({
      id: Name,
      match: z
        .record(Key, z.string().min(1).max(200))
        .refine((labels) => Object.keys(labels).length > 0, 'name at least one label: this matches every alert')
        .optional()
        .describe('Labels of an alert.'),
      check: condition
        .optional()
        .describe('A measurement that is made all the time; an alert beside it is confirmed by it.'),
      environment: Name.optional().describe('Default: what the label environment or env says, or the only one.'),
      mode: z
        .enum(MODES)
        .default('propose')
        .describe('propose: a person starts it. The environment in unwind.yaml has to allow more than that.'),
    })
    .meta({ id: 'RunbookTrigger' })

const Rule = z
  .strictObject({
    when: Expression.optional().describe('CEL; the first rule whose condition holds applies. Absent: always.'),
    min: z.int().min(1).max(10),
    groups: z.array(Group).max(20).default([]).describe('Whose yes counts. Default: anybody’s.'),
    self: z.boolean().default(false).describe('Whether the person who asked counts.'),
    expires: Duration.default('30m').describe('After that time the answer is no.'),
    remind: Duration.optional().describe('Between two reminders.'),
    escalate: Duration.optional().describe('Until the escalation contact is told.'),
  })
  .meta({ id: 'RunbookApprovalRule' })

const Branch = z
  .union([
    z.strictObject({ ask: Name.describe('The next question.') }),
    z.strictObject({ run: Name.describe('The procedure.') }),
    z.strictObject({ stop: Sentence.describe('What to do instead. Nothing is changed.') }),
  ])
  .meta({ id: 'RunbookBranch' })

const Question = z
  .strictObject({
    id: Name,
    question: Sentence,
    evidence: Expression.optional().describe('CEL that answers it. What can’t be evaluated is asked of a person.'),
    onYes: Branch,
    onNo: Branch,
  })
  .meta({ id: 'RunbookQuestion' })

const ChecklistItem = z
  .strictObject({
    id: Name,
    phase: z.enum(CHECKLIST_PHASES),
    text: Sentence,
    required: z.boolean().default(false).describe('The run does not end before it is ticked.'),
    ticks: z
      .union([z.strictObject({ event: z.string().max(63) }), z.strictObject({ step: z.string().max(255) })])
      .optional()
      .describe('The event, or the end of the step, that ticks it. Default: a person does.'),
  })
  .meta({ id: 'RunbookChecklistItem' })

/** Every map of names is bounded, as lists are: a run carries all of it. */
const MOST = 100

function bounded<Value extends z.ZodRecord>(record: Value): Value {
  return record.refine((value) => Object.keys(value as object).length <= MOST, `at most ${MOST} are allowed`)
}

/** Everything of a document but its triggers and steps. */
const fields = {
  apiVersion: z.literal('unwind/v1'),
  kind: z.literal('Runbook'),
  metadata: z.strictObject({
    name: Name,
    service: Name.describe('The service that it rolls back.'),
    owner: z.string().min(1).max(200).optional(),
    description: z.string().min(1).max(2_000).optional(),
  }),
  environments: bounded(z.record(Name, bounded(z.record(Key, z.string().min(1).max(253)))))
    .optional()
    .describe('Where it may run, and what its steps inherit there. Default: in every environment.'),
  contacts: bounded(z.record(Name, z.string().min(1).max(200)))
    .optional()
    .describe('People and channels by role.'),
  parameters: bounded(z.record(Key, Parameter)).optional(),
  policy: z
    .strictObject({
      approvals: z.array(Rule).max(10).optional(),
      timeout: Duration.optional().describe('After that time the run parks and pages; it never ends it.'),
    })
    .optional(),
  decision: z.array(Question).min(1).max(50).optional().describe('Questions; the first one is asked first.'),
  communicate: z
    .strictObject({
      started: Channels.optional(),
      needsPerson: Channels.optional(),
      finished: Channels.optional(),
      ticket: Channels.optional().describe(
        'An issue is opened there with the report, and gets the last one at the end.',
      ),
      every: Duration.optional().describe('Who has heard of the run hears of it again so often. Default: 20m.'),
    })
    .optional()
    .describe('Who is told what: channels of the configuration, or contacts.'),
  checklist: z.array(ChecklistItem).max(50).optional(),
} as const

/**
 * The schema of an `unwind/v1` Runbook. `targets` are the schemas of the kinds that move systems, `measurements` those of
 * what checks and triggers may measure. What one part says about another (names, cycles, expressions) is checked by
 * `runbookProblems`.
 */
export function runbookDocument(targets: readonly StepSchema[], measurements: readonly z.ZodObject[]) {
  const procedure = z.array(runbookEntries(targets, measurements)).min(1).max(50)
  return z
    .strictObject({
      ...fields,
      triggers: z
        .array(trigger(triggerCondition(measurements)))
        .max(50)
        .optional(),
      steps: procedure.optional().describe('The only procedure, where nothing has to be decided.'),
      procedures: bounded(z.record(Name, procedure))
        .optional()
        .describe('What the branches of the decision run, by name.'),
    })
    .meta({ id: 'Runbook', title: 'Runbook', description: 'A rollback of one service, as unwind/v1.' })
}

export type RunbookSchema = ReturnType<typeof runbookDocument>

/** A runbook as its schema has read it. */
export type Runbook = z.infer<RunbookSchema>
export type RunbookParameter = z.infer<typeof Parameter>

export type { RunbookEntry, RunbookStep } from './steps.ts'
