import { z } from 'zod'
import { Duration, defineKind, stepFields } from '../../../model/step.ts'
import { awsField, databaseFields, forceField, nameOf, oneDatabase } from '../../aws/fields.ts'

export const RdsCleanupStep = z
  .strictObject({
    kind: z.literal('rds-cleanup'),
    ...stepFields,
    ...databaseFields('The instance that a promotion has moved aside, by the name that it has now.'),
    aws: awsField,
    after: Duration.default('168h').describe('It must have stood aside for so long. At least 1h.'),
    force: forceField,
  })
  .refine(...oneDatabase)
  .meta({
    id: 'RdsCleanupStep',
    title: 'Cleanup after an RDS promotion',
    description:
      'Deletes an instance or a cluster of Aurora that an earlier promotion has moved aside, once its successor has served for long enough, with a final snapshot and its automated backups kept. Nothing brings it back but a restore.',
  })
export type RdsCleanupStep = z.infer<typeof RdsCleanupStep>

export const rdsCleanupKind = defineKind({
  schema: RdsCleanupStep,
  connection: 'aws',
  inherits: ['aws'],
  leaves: ['snapshot'],
  title: (step) => `delete ${nameOf(step)}, which stands aside`,
})
