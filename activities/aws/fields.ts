import { z } from 'zod'
import { Name, Sentence } from '../../model/step.ts'

/** What an instance or a snapshot may be called: letters, digits and hyphens, a letter first (API_CreateDBInstance). */
const IDENTIFIER = /^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,253}(?<!-)$/

export const InstanceName = z
  .string()
  .max(63)
  .regex(IDENTIFIER, 'use letters, digits and single hyphens, a letter first, at most 63 characters')

export const SnapshotName = z.string().regex(IDENTIFIER, 'use letters, digits and single hyphens, a letter first')

/** Which database a step names: exactly one of the two. */
export interface Named {
  instance?: string | undefined
  cluster?: string | undefined
}

/** What the step calls its database, as AWS keeps names: in lower case. */
export function nameOf({ instance, cluster }: Named): string {
  return (cluster ?? instance ?? '').toLowerCase()
}

/** One of the two names the database; a step that takes both fields is refined by `oneDatabase`. */
export const databaseFields = (about: string) => ({
  instance: InstanceName.optional().describe(about),
  cluster: InstanceName.optional().describe('A cluster of Aurora, in place of `instance`.'),
})

export const oneDatabase = [
  ({ instance, cluster }: Named) => (instance === undefined) !== (cluster === undefined),
  'name an instance, or a cluster of Aurora',
] as const

export const awsField = Name.optional().describe('The connection. Default: the aws of the environment.')

export const forceField = z
  .strictObject({ reason: Sentence })
  .optional()
  .describe('Act although something that owns the object would revert it. The reason is recorded.')
