import { z } from 'zod'
import { Duration, Name } from '../step.ts'
import { Origin } from './origin.ts'

/** `owner/name`, as GitHub writes it. */
export const GitHubName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/, 'write owner/name')
  .refine((name) => !/\/\.{1,2}$/.test(name), 'write owner/name')

const API = 'https://api.github.com'

/** Where pull requests of a Git repository are opened. */
export const GitHubPlace = z.strictObject({
  repository: GitHubName.describe('owner/name, as GitHub writes it.'),
  origin: Origin.default(API).describe('Of GitHub Enterprise Server: https://github.example.org.'),
})

/** One repository on GitHub, whose workflows steps start. */
export const GitHubConnection = z.strictObject({
  kind: z.literal('github'),
  environment: Name,
  ...GitHubPlace.shape,
  poll: Duration.optional().describe('Between two looks at a run. Default: 15s.'),
  taskQueue: Name.optional().describe('Queue of the workers that hold the token. Default: the common queue.'),
})

/** An installation of a GitHub App, whose tokens last an hour and are asked for when they are needed. */
export const GitHubApp = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9._]{1,100}$/, 'write the id, or the client id, of the app')
      .describe('App or client id.'),
    installation: z.string().regex(/^\d{1,20}$/, 'write the number of the installation'),
    key: z.string().min(1).max(1_000).describe('Path of the private key of the app (PEM).'),
  })
  .describe('GitHub App in place of a token.')
export type GitHubApp = z.infer<typeof GitHubApp>
