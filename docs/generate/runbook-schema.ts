import { z } from 'zod'
import { RunbookDocument } from '../../activities/runbook.ts'

/** The JSON Schema (2020-12) of a runbook, for editors: completes keys, kinds and words, and underlines what is not known. */
export function runbookSchema(): string {
  const schema = z.toJSONSchema(RunbookDocument, { target: 'draft-2020-12', io: 'input' })
  const { $schema, id: _id, ...rest } = schema
  const comment = 'The form of a runbook. `unwind runbook lint` also checks what one part says of another.'
  return `${JSON.stringify({ $schema, ...rest, $comment: comment }, null, 2)}\n`
}
