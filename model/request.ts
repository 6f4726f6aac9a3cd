import { z } from 'zod'
import { CHOICES } from './run.ts'
import { Name, Sentence, type StepKind } from './step.ts'
import type { StepSchema } from './target.ts'

/** What `POST /v1/rollbacks` and `POST /v1/plans` take, for a given set of step kinds. */
export function rollbackRequest<Step extends z.ZodType>(step: Step) {
  return z
    .strictObject({
      service: Name,
      environment: Name,
      steps: z.array(step).min(1).max(50),
      reason: Sentence,
      incident: z.string().min(1).max(200).optional(),
      accept: z
        .array(z.string().regex(/^[A-Z_]{1,60}$/))
        .max(20)
        .optional()
        .describe('Codes of warnings that the caller accepts, such as UNVERIFIED_TARGET.'),
    })
    .meta({ id: 'RollbackRequest' })
}

/** What the same routes take for a runbook by its name. The service is the one that the runbook names. */
export const RunbookRequest = z
  .strictObject({
    runbook: Name.describe('Name of a runbook that is configured.'),
    environment: Name,
    parameters: z
      .record(z.string().min(1).max(63), z.union([z.string().max(500), z.number(), z.boolean()]))
      .optional()
      .describe('By name; those left out have their defaults. Text stands for a number or a truth value too.'),
    reason: Sentence,
    incident: z.string().min(1).max(200).optional(),
    accept: z
      .array(z.string().regex(/^[A-Z_]{1,60}$/))
      .max(20)
      .optional()
      .describe('Codes of warnings that the caller accepts, such as UNVERIFIED_TARGET.'),
    alert: z
      .strictObject({
        startsAt: z.iso.datetime({ offset: true }),
        labels: z.record(z.string().min(1).max(200), z.string().max(1_000)),
      })
      .optional()
      .describe('The alert that asks for it, as expressions read it.'),
    answers: z
      .record(z.string().max(63), z.enum(['yes', 'no']))
      .optional()
      .describe('Answers to questions by id, where evidence has none.'),
  })
  .meta({ id: 'RunbookRequest' })
export type RunbookRequest = z.infer<typeof RunbookRequest>

const note = Sentence.optional()
const Digest = z.string().regex(/^[0-9a-f]{64}$/)
const Attempt = z.int().min(0).max(10_000)
/** Steps of an embedded runbook carry the names of all that they lie in: `<step>.<step>`. */
export const QUESTION_ID = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,254}$/, 'use the id of a step or question as the run shows it')

/** Bodies of the messages to a run; the same words as the workflow's updates. */
export const bodies = {
  approve: z
    .strictObject({
      planDigest: Digest,
      stepId: QUESTION_ID.optional().describe('The approve step in mid-run that is meant. Default: the plan.'),
      note,
    })
    .meta({ id: 'Approve' }),
  breakGlass: z
    .strictObject({ planDigest: Digest, incident: z.string().min(1).max(200), note: Sentence })
    .meta({ id: 'BreakGlass', description: 'Goes on without the approvals that are missing; one is owed afterwards.' }),
  decide: z
    .strictObject({
      stepId: QUESTION_ID,
      attempt: Attempt,
      choice: z.enum(CHOICES),
      note,
      fields: z
        .record(z.string().max(63), z.unknown())
        .optional()
        .describe('Corrected fields, with retry: of a step that has not begun, of a check or of a wait.'),
    })
    .meta({ id: 'Decide' }),
  answer: z
    .strictObject({ questionId: QUESTION_ID, attempt: Attempt, answer: z.enum(['yes', 'no']), note })
    .meta({ id: 'Answer' }),
  tick: z.strictObject({ item: Name, note }).meta({ id: 'Tick' }),
  note: z.strictObject({ note }).meta({ id: 'Note' }),
  reason: z.strictObject({ note: Sentence }).meta({ id: 'Reason' }),
} as const

export type Kinds = Readonly<Record<string, StepKind<StepSchema>>>
