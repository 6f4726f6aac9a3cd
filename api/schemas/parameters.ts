import { z } from 'zod'
import { bodies, rollbackRequest, RunbookRequest } from '../../model/request.ts'
import { OUTCOMES, PHASES } from '../../model/run.ts'
import { Name, Sentence } from '../../model/step.ts'
import { Step } from '../../activities/schemas.ts'

/** Made once: a schema with an id may exist only once in a process. */
export const RollbackRequest = rollbackRequest(Step)

/** A rollback with its steps, or a runbook by its name. */
export const AskedRequest = z.union([RollbackRequest, RunbookRequest])
export type AskedRequest = z.infer<typeof AskedRequest>

export const Place = z.strictObject({
  environment: Name.describe('Environment of the configuration.'),
  service: Name.describe('Name of the service.'),
})
export type Place = z.infer<typeof Place>

export const WhichRun = z.strictObject({
  run: z.uuid().optional().describe('Run id of an older rollback. Default: the running one, else the last.'),
})

export const ReportQuery = WhichRun.extend({
  format: z.enum(['json', 'markdown']).optional().describe('Default: what the header Accept prefers, else JSON.'),
})

export const IdempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'use 1 to 255 visible ASCII characters')
    .optional()
    .describe('Repeating a request with its key gives the same rollback again, also after it has ended.'),
})

export const EventHeaders = z.object({
  'last-event-id': z
    .string()
    .max(100)
    .optional()
    .describe('Id of the last event that was seen, or its seq alone: the stream goes on behind it.'),
})

export const ListQuery = z.strictObject({
  environment: Name.optional(),
  service: Name.optional(),
  status: z.enum(PHASES).optional().describe('Where the rollback is; ended stands for all outcomes.'),
  outcome: z.enum(OUTCOMES).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  page: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,4096}$/, 'use nextPage of the answer before')
    .optional()
    .describe('nextPage of the answer before, with the same filters.'),
})
export type ListQuery = z.infer<typeof ListQuery>

/** Fields of one step, as text; the kind's own schema reads them afterwards. */
export const HistoryQuery = z
  .object({ kind: z.string().max(63).describe('Kind of step, such as kubernetes.') })
  .catchall(z.string().max(512))

export const Approve = bodies.approve
  .extend({ decision: z.enum(['approve', 'reject']).describe('The answer to the plan with this digest.') })
  .meta({ id: 'ApprovalRequest' })

export const Undo = z
  .strictObject({
    reason: Sentence,
    incident: RollbackRequest.shape.incident,
    accept: RollbackRequest.shape.accept,
  })
  .meta({ id: 'UndoRequest' })
