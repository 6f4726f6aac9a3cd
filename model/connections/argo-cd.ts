import { z } from 'zod'
import { Name } from '../step.ts'
import { Origin } from './origin.ts'
import { ApiPath } from './queries.ts'

/** An Argo CD, whose applications steps take back. */
export const ArgoCdConnection = z.strictObject({
  kind: z.literal('argo-cd'),
  environment: Name,
  origin: Origin.describe('The only place that its steps talk to: scheme, host and port of the API server.'),
  path: ApiPath.optional().describe('What stands before /api/v1 there (rootpath of the server), such as /argocd.'),
  taskQueue: Name.optional().describe('Queue of the workers that hold the token. Default: the common queue.'),
})
