import { z } from 'zod'
import { Name, Sentence } from '../../model/step.ts'

/** What an instance or a snapshot may be called: letters, digits and hyphens, a letter first (API_CreateDBInstance). */
const IDENTIFIER = /^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,253}(?<!-)$/

export const InstanceName = z
  .string()
  .max(63)
  .regex(IDENTIFIER, 'use letters, digits and single hyphens, a letter first, at most 63 characters')

export const SnapshotName = z.string().regex(IDENTIFIER, 'use letters, digits and single hyphens, a letter first')

export const awsField = Name.optional().describe('The connection. Default: the aws of the environment.')

export const forceField = z
  .strictObject({ reason: Sentence })
  .optional()
  .describe('Act although something that owns the object would revert it. The reason is recorded.')
