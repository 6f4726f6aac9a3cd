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

const note = Sentence.optional()

/** Bodies of the messages to a run; the same words as the workflow's updates. */
export const bodies = {
  approve: z.strictObject({ planDigest: z.string().regex(/^[0-9a-f]{64}$/), note }).meta({ id: 'Approve' }),
  decide: z
    .strictObject({ stepId: Name, attempt: z.int().min(0).max(10_000), choice: z.enum(CHOICES), note })
    .meta({ id: 'Decide' }),
  note: z.strictObject({ note }).meta({ id: 'Note' }),
  reason: z.strictObject({ note: Sentence }).meta({ id: 'Reason' }),
} as const

export type Kinds = Readonly<Record<string, StepKind<StepSchema>>>
