import { z } from 'zod'
import { Name } from '../step.ts'
import { Origin } from './origin.ts'

const flagFields = {
  environment: Name,
  origin: Origin.describe('The only place that its steps talk to: scheme, host and port.'),
  taskQueue: Name.optional().describe('Queue of the workers that hold the token. Default: the common queue.'),
} as const

/** An Unleash, whose flags steps turn. */
export const UnleashConnection = z.strictObject({ kind: z.literal('unleash'), ...flagFields })

/** A LaunchDarkly, whose flags steps turn. */
export const LaunchDarklyConnection = z.strictObject({
  kind: z.literal('launchdarkly'),
  ...flagFields,
  origin: flagFields.origin.default('https://app.launchdarkly.com'),
})
