import { z } from 'zod'
import { DURATION_PATTERN } from './duration.ts'
import { NAME_PATTERN } from './ids.ts'
import type { StepSchema } from './target.ts'

export const Name = z
  .string()
  .regex(NAME_PATTERN, 'use lower case letters, digits, dots and dashes, at most 63 characters')

export const Duration = z
  .string()
  .regex(DURATION_PATTERN, 'use a number and a unit, such as 500ms, 10s, 5m or 1h')
  .meta({ id: 'Duration', description: 'A number and a unit: 500ms, 10s, 5m, 1h.' })

/** One line that people read: bounded, and without control characters that could forge a log line or a page. */
export const Sentence = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^[^\u0000-\u0008\u000b-\u001f\u007f]*$/, 'must not contain control characters')

/** CEL; what it may name stands in model/expression/variables.ts. Whether it can be evaluated is checked when it is compiled. */
export const Expression = z
  .string()
  .trim()
  .min(1)
  .max(1_000)
  .meta({ id: 'Expression', description: 'CEL of type bool, such as steps.healthy.passed.' })

/** A value that is not known before an earlier step was carried out: a field of the state that it leaves. */
export const Ref = z
  .strictObject({
    ref: z
      .string()
      .max(200)
      .regex(
        /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[A-Za-z][A-Za-z0-9]*$/,
        'write <step>.<field>, such as restore.resourceId',
      ),
  })
  .meta({ id: 'Ref', description: 'What an earlier step leaves: { ref: restore.resourceId }.' })

/** Fields that every step may carry, whatever its kind. */
export const stepFields = {
  id: Name.optional().describe('Name of the step within the run. Default: made from the kind and its place.'),
  timeout: Duration.optional().describe('Bound on each of apply and verify, waits included.'),
  optional: z.boolean().optional().describe('A person may skip this step after a failure. Default: false.'),
  onFailure: z
    .enum(['pause', 'compensate'])
    .optional()
    .describe('pause (default): park and wait for a person. compensate: take back the steps before it.'),
  when: Expression.optional().describe('False skips the step. What can’t be evaluated is asked of a person.'),
  retry: z
    .strictObject({ attempts: z.int().min(1).max(20), pause: Duration.default('10s') })
    .optional()
    .describe('Tried again by itself so often, with this pause between, before it parks.'),
} as const

/** What a kind says about itself where no SDK may be loaded: the API, the CLI's help and the docs live on it. */
export interface StepKind<Schema extends StepSchema = StepSchema> {
  readonly schema: Schema
  /** The field that names the connection. */
  readonly connection: string
  /** Fields that a step takes from its environment when it doesn't set them. */
  readonly inherits: readonly string[]
  /** Fields of the state that a step of this kind leaves, which later steps may name by `ref`. */
  readonly leaves?: readonly string[]
  /**
   * It only makes something of its own and touches nothing that serves, so a drill may carry it out without an approval;
   * in a drill its way back takes that away again.
   */
  readonly drill?: true
  /** What the step does, as one short phrase: `deployment/checkout → last-good`. */
  title(step: z.infer<Schema>): string
}

/** Ties the types of one kind together. */
export function defineKind<Schema extends StepSchema>(kind: StepKind<Schema>): StepKind<Schema> {
  return kind
}
