import { z } from 'zod'
import { defineKind, stepFields } from '../../../model/step.ts'
import { awsField, databaseFields, nameOf, oneDatabase, SnapshotName } from '../../aws/fields.ts'

export const RdsSnapshotStep = z
  .strictObject({
    kind: z.literal('rds-snapshot'),
    ...stepFields,
    ...databaseFields('The database instance.'),
    aws: awsField,
    name: SnapshotName.optional().describe('What the snapshot is called. Default: made from the database and the run.'),
  })
  .refine(...oneDatabase)
  .meta({
    id: 'RdsSnapshotStep',
    title: 'Snapshot of an RDS database',
    description:
      'Takes a named snapshot of an instance or a cluster of Aurora that never expires, before a risky step. Taking it back keeps the snapshot and marks it as no longer needed; a drill deletes its own.',
  })
export type RdsSnapshotStep = z.infer<typeof RdsSnapshotStep>

export const rdsSnapshotKind = defineKind({
  schema: RdsSnapshotStep,
  connection: 'aws',
  inherits: ['aws'],
  drill: true,
  leaves: ['snapshot', 'resourceId'],
  title: (step) => `snapshot of ${nameOf(step)}`,
})
