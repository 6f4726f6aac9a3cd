import { z } from 'zod'
import { askedFields } from './origin.ts'
import { ApiPath } from './queries.ts'

/** A provider of feature flags that speaks OFREP, OpenFeature's protocol for remote evaluation. */
export const OpenFeatureConnection = z.strictObject({
  kind: z.literal('openfeature'),
  ...askedFields,
  path: ApiPath.optional().describe('What stands before /ofrep/v1 there.'),
  token: z
    .enum(['bearer', 'api-key'])
    .default('bearer')
    .describe('How the token of the worker is sent: as Authorization: Bearer, or as X-API-Key.'),
})
export type OpenFeatureConnection = z.infer<typeof OpenFeatureConnection>
