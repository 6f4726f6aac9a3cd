import { z } from 'zod'
import { RunbookDocument } from '../../activities/runbook.ts'
import { Scenarios } from '../../rehearsal/schema.ts'

/** The JSON Schema (2020-12) of a runbook, for editors: completes keys, kinds and words, and underlines what is not known. */
export function runbookSchema(): string {
  return schemaOf(
    RunbookDocument,
    'The form of a runbook. `unwind runbook lint` also checks what one part says of another.',
  )
}

/** The same of the scenarios that `unwind runbook test` plays. */
export function scenariosSchema(): string {
  return schemaOf(Scenarios, 'Scenarios of a runbook. `unwind runbook test` also checks the names that they use.')
}

function schemaOf(document: z.ZodType, comment: string): string {
  const { $schema, id: _id, ...rest } = z.toJSONSchema(document, { target: 'draft-2020-12', io: 'input' })
  return `${JSON.stringify({ $schema, ...rest, $comment: comment }, null, 2)}\n`
}
