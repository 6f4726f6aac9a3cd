import { z } from 'zod'
import { Sentence } from '../../model/step.ts'
import { PROPOSAL_OUTCOMES, PROPOSAL_STANDINGS, type ProposalState } from '../../model/triggers/proposal.ts'
import { MODES } from '../../model/triggers/modes.ts'
import { Place } from './parameters.ts'
import { RefusalDocument } from './services.ts'

const At = z.number().describe('Epoch milliseconds, UTC.')
const Said = z.object({ by: z.string(), at: At, note: z.string().exactOptional() })

export const WhichProposal = Place.extend({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,199}$/)
    .describe('The episode.'),
})
export type WhichProposal = z.infer<typeof WhichProposal>

export const ProposalDocument = z
  .object({
    format: z.literal(1),
    ...{ id: z.string(), service: z.string(), environment: z.string() },
    trigger: z.object({ runbook: z.string(), id: z.string(), mode: z.enum(MODES) }),
    alert: z.object({
      fingerprint: z.string(),
      startsAt: At,
      labels: z.record(z.string(), z.string()),
      summary: z.string().exactOptional(),
    }),
    since: At,
    standing: z.enum(PROPOSAL_STANDINGS),
    outcome: z.enum(PROPOSAL_OUTCOMES).exactOptional(),
    refusals: z.array(RefusalDocument).describe('Why nothing starts by itself.'),
    planned: z
      .object({
        digest: z.string(),
        lines: z.array(z.string()),
        warnings: z.array(z.string()),
        lost: z.array(z.string()),
        schema: z.enum(['safe', 'unsafe', 'unknown']),
      })
      .exactOptional(),
    until: At.exactOptional(),
    accepted: Said.extend({ groups: z.array(z.string()) }).exactOptional(),
    rejected: Said.exactOptional(),
    resolvedAt: At.exactOptional(),
    supersededAt: At.exactOptional(),
    runId: z.string().exactOptional().describe('The rollback that it has led to.'),
  })
  .meta({ id: 'Proposal' }) satisfies z.ZodType<ProposalState>
export type ProposalDocument = z.infer<typeof ProposalDocument>

export const ProposalAnswer = z
  .discriminatedUnion('decision', [
    z.strictObject({
      decision: z.literal('accept'),
      planDigest: z.string().regex(/^[0-9a-f]{64}$/),
      note: Sentence.optional(),
    }),
    z.strictObject({ decision: z.literal('refuse'), note: Sentence.optional() }),
  ])
  .meta({ id: 'ProposalAnswer', description: 'accept starts the rollback; refuse ends the proposal, or is a veto.' })
export type ProposalAnswer = z.infer<typeof ProposalAnswer>
