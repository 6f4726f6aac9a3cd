import { z } from 'zod'
import { defineKind, Ref, stepFields } from '../../../model/step.ts'
import { awsField, databaseFields, InstanceName, nameOf, oneDatabase } from '../../aws/fields.ts'

export const RdsOpenStep = z
  .strictObject({
    kind: z.literal('rds-open'),
    ...stepFields,
    ...databaseFields('The instance that served before the promotion, by the name that applications know.'),
    aws: awsField,
    serving: z
      .union([
        InstanceName,
        Ref.refine(({ ref }) => ref.endsWith('.serving'), 'name what a promotion leaves: promote.serving'),
      ])
      .describe('What a promotion has put in its place: { ref: promote.serving } of a step before, or its name.'),
  })
  .refine(...oneDatabase)
  .meta({
    id: 'RdsOpenStep',
    title: 'Opening a promoted RDS database to applications',
    description:
      'Gives what a promotion has put in place the security groups of the one before, so that applications reach it and write again. The point of no return: after it the promotion is not taken back by its run, and an undo by a later one shows what it loses.',
  })
export type RdsOpenStep = z.infer<typeof RdsOpenStep>

export const rdsOpenKind = defineKind({
  schema: RdsOpenStep,
  connection: 'aws',
  inherits: ['aws'],
  leaves: ['openedAt'],
  title: (step) => `open ${nameOf(step)} to applications`,
})
