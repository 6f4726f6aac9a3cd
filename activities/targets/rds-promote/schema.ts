import { z } from 'zod'
import { Duration, defineKind, Ref, stepFields } from '../../../model/step.ts'
import { awsField, forceField, InstanceName } from '../../aws/fields.ts'

const Candidate = z
  .union([
    InstanceName,
    Ref.refine(
      ({ ref }) => ref.endsWith('.resourceId'),
      'name the resourceId that a restore leaves: restore.resourceId',
    ),
  ])
  .describe('The instance to put in its place: a name, or { ref: restore.resourceId } of a step before.')

const Moment = z
  .union([z.iso.datetime({ offset: true }), Ref])
  .optional()
  .describe('When the last write was possible: a moment, or what a fence before leaves. Makes the loss exact.')

export const RdsPromoteStep = z
  .strictObject({
    kind: z.literal('rds-promote'),
    ...stepFields,
    instance: InstanceName.describe('The name that applications know. The candidate has it afterwards.'),
    aws: awsField,
    candidate: Candidate,
    fencedAt: Moment,
    maxLoss: Duration.optional().describe(
      'The longest span between the restored moment and the fence. More is refused.',
    ),
    force: forceField,
  })
  .meta({
    id: 'RdsPromoteStep',
    title: 'RDS promotion by rename',
    description:
      'Renames the present instance away, makes sure of it, and renames the candidate into its place, with its security groups. The old instance is kept.',
  })
export type RdsPromoteStep = z.infer<typeof RdsPromoteStep>

export const rdsPromoteKind = defineKind({
  schema: RdsPromoteStep,
  connection: 'aws',
  inherits: ['aws'],
  leaves: ['serving', 'standby', 'lossSeconds'],
  title: ({ instance, candidate }) => `${instance} → ${typeof candidate === 'string' ? candidate : candidate.ref}`,
})
