import { z } from 'zod'
import { Duration, defineKind, stepFields } from '../../../model/step.ts'
import { awsField, databaseFields, InstanceName, nameOf, oneDatabase } from '../../aws/fields.ts'

export const RdsRestoreStep = z
  .strictObject({
    kind: z.literal('rds-restore'),
    ...stepFields,
    ...databaseFields('The database instance whose data is restored. It is not touched.'),
    aws: awsField,
    at: z
      .union([z.literal('latest'), z.iso.datetime({ offset: true })])
      .describe('The moment to go back to, in RFC 3339, or latest: the last one that can be restored.'),
    as: InstanceName.optional().describe('What the new one is called. Default: made from the database and the run.'),
    quarantine: z
      .array(z.string().regex(/^sg-[0-9a-z-]{3,60}$/, 'write the id of a security group: sg-…'))
      .min(1)
      .max(5)
      .optional()
      .describe(
        'Security groups of the new one until it is promoted: they let in who validates it, nobody else. A plan without any is refused.',
      ),
    maxLoss: Duration.optional().describe('The longest span of writes that may be lost. More is refused.'),
    patience: Duration.default('15m').describe(
      'How long it may take until the moment can be restored to; the log lags about 5m.',
    ),
  })
  .refine(...oneDatabase)
  .meta({
    id: 'RdsRestoreStep',
    title: 'RDS point-in-time restore',
    description:
      'Makes a new instance, or a new cluster of Aurora with its members, with the data of an earlier moment and every setting of its source, in quarantine. The source is left alone.',
  })
export type RdsRestoreStep = z.infer<typeof RdsRestoreStep>

export const rdsRestoreKind = defineKind({
  schema: RdsRestoreStep,
  connection: 'aws',
  inherits: ['aws'],
  drill: true,
  leaves: ['resourceId', 'identifier', 'restoredTo', 'address', 'port'],
  title: (step) => `restore ${nameOf(step)} to ${step.at}`,
})
