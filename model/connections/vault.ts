import { z } from 'zod'
import { Name } from '../step.ts'
import { Origin } from './origin.ts'

/** A Vault, or an OpenBao, whose KV engine keeps versions. */
export const VaultConnection = z.strictObject({
  kind: z.literal('vault'),
  environment: Name,
  origin: Origin.describe('The only place that its steps talk to: scheme, host and port.'),
  namespace: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/, 'write the namespace without slashes at its ends')
    .optional()
    .describe('Namespace that the mount lies in, where the server has any (X-Vault-Namespace).'),
  taskQueue: Name.optional().describe('Queue of the workers that hold the token. Default: the common queue.'),
})
