import { z } from 'zod'
import type { FollowupState } from '../../model/followup.ts'
import { Name, Sentence } from '../../model/step.ts'
import { ListQuery } from './parameters.ts'

const At = z.number().describe('Epoch milliseconds, UTC.')

/** What is owed, with the rollback that left it. */
const Owed = z.object({
  id: z.string(),
  text: z.string(),
  owner: z.string(),
  due: At,
  settled: z.object({ at: At, by: z.string(), note: z.string().exactOptional() }).exactOptional(),
})

/** The record of a follow-up as its memo holds it. */
export const FollowupRecord = z.object({
  format: z.literal(1),
  runId: z.string(),
  rollbackId: z.string(),
  service: z.string(),
  environment: z.string(),
  reason: z.string(),
  since: At,
  obligations: z.array(
    Owed.extend({
      nudged: z.object({ reminded: At.exactOptional(), escalated: At.exactOptional() }).exactOptional(),
    }),
  ),
}) satisfies z.ZodType<FollowupState>

export const FollowupDocument = z
  .object({
    runId: z.string().describe('The rollback that left it owed.'),
    service: z.string(),
    environment: z.string(),
    reason: z.string(),
    since: At,
    obligations: z.array(Owed),
  })
  .meta({ id: 'Followup', description: 'What a rollback that has ended left to be settled.' })
export type FollowupDocument = z.infer<typeof FollowupDocument>

export const ObligationsDocument = z
  .object({ followups: z.array(FollowupDocument), nextPage: z.string().exactOptional() })
  .meta({ id: 'ObligationList', description: 'Newest first. The list may lag behind by a second.' })
export type ObligationsDocument = z.infer<typeof ObligationsDocument>

export const ObligationsQuery = ListQuery.pick({ environment: true, service: true, limit: true, page: true })
export type ObligationsQuery = z.infer<typeof ObligationsQuery>

export const WhichObligation = z.strictObject({
  runId: z.uuid().describe('The rollback that left it owed.'),
  id: Name.describe('The obligation.'),
})
export type WhichObligation = z.infer<typeof WhichObligation>

export const Settle = z.strictObject({ note: Sentence.optional() }).meta({ id: 'SettleRequest' })
