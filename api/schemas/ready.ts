import { z } from 'zod'
import { Name } from '../../model/step.ts'
import { ErrorCodes } from './record.ts'

/** What to look at; everything that the caller may see unless narrowed. */
export const ReadyRequest = z
  .strictObject({ environment: Name.optional(), runbook: Name.optional() })
  .meta({ id: 'ReadyRequest' })
export type ReadyRequest = z.infer<typeof ReadyRequest>

const ReadyProblem = z.object({
  code: ErrorCodes,
  message: z.string().describe('What, which, and what to do next.'),
  procedure: z.string().exactOptional().describe('Absent where the runbook can’t be read or compiled at all.'),
})

export const ReadyEntry = z.object({
  runbook: z.string(),
  revision: z.string(),
  service: z.string(),
  environment: z.string(),
  ready: z.boolean(),
  checkedAt: z.string().describe('ISO 8601, UTC.'),
  problems: z.array(ReadyProblem),
})
export type ReadyEntry = z.infer<typeof ReadyEntry>

export const ReadyDocument = z
  .object({
    ready: z.boolean().describe('Every runbook could be planned in every environment that it names.'),
    runbooks: z.array(ReadyEntry),
    unchecked: z.number().describe('So many were left out because the time was up.'),
  })
  .meta({ id: 'Ready', description: 'Each procedure of each runbook, planned; nothing was changed or locked.' })
export type ReadyDocument = z.infer<typeof ReadyDocument>
