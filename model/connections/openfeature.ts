import { z } from 'zod'
import { Name } from '../step.ts'
import { Origin } from './origin.ts'
import { ApiPath } from './queries.ts'

/** A provider of feature flags that speaks OFREP, OpenFeature's protocol for remote evaluation. */
export const OpenFeatureConnection = z.strictObject({
  kind: z.literal('openfeature'),
  environment: Name,
  origin: Origin.describe('The only place that is asked: scheme, host and port.'),
  path: ApiPath.optional().describe('What stands before /ofrep/v1 there.'),
  private: z
    .boolean()
    .default(false)
    .describe('The host may lie in a private network or on this machine. Link-local addresses are never asked.'),
  token: z
    .enum(['bearer', 'api-key'])
    .default('bearer')
    .describe('How the token of the worker is sent: as Authorization: Bearer, or as X-API-Key.'),
  taskQueue: Name.optional().describe('Queue of the workers that can reach it. Default: the common queue.'),
})
export type OpenFeatureConnection = z.infer<typeof OpenFeatureConnection>
