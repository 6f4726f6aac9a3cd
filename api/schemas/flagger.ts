import { z } from 'zod'
import { Name } from '../../model/step.ts'

const Text = z.string().max(4_000)

/** What every webhook of Flagger posts (fluxcd/flagger pkg/apis/flagger/v1beta1 CanaryWebhookPayload); the rest is passed over. */
const Payload = z.object({
  name: z.string().min(1).max(253).describe('Of the Canary.'),
  namespace: z.string().min(1).max(253),
  phase: z.string().max(100),
  checksum: z.string().max(200).describe('Names the revision that is analysed.'),
})

export const FlaggerRollbackRequest = Payload.extend({
  metadata: z
    .object({
      service: Name.describe('The service, as Unwind calls it.'),
      environment: Name,
      version: z.string().min(1).max(200).optional().describe('The version that is analysed, where it is known.'),
      image: z.string().min(1).max(512).optional(),
    })
    .describe('Of the webhook in the Canary.'),
}).meta({ id: 'FlaggerRollbackRequest' })
export type FlaggerRollbackRequest = z.infer<typeof FlaggerRollbackRequest>

export const FlaggerRollbackDocument = z
  .object({
    rollback: z.literal(true),
    because: z.array(z.string()).describe('Why the canary has to go.'),
  })
  .meta({ id: 'FlaggerRollback', description: 'Flagger takes the canary back at once.' })
export type FlaggerRollbackDocument = z.infer<typeof FlaggerRollbackDocument>

export const FlaggerEventRequest = Payload.extend({
  metadata: z
    .object({ eventMessage: Text, eventType: z.string().max(100), timestamp: z.string().regex(/^\d{1,15}$/) })
    .catchall(Text)
    .refine((metadata) => Object.keys(metadata).length <= 50, 'no more than 50 values')
    .describe('What Flagger says, and what the webhook in the Canary adds: they become labels.'),
}).meta({ id: 'FlaggerEventRequest' })
export type FlaggerEventRequest = z.infer<typeof FlaggerEventRequest>
