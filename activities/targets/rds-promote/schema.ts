import { z } from 'zod'
import { Duration, defineKind, Ref, stepFields } from '../../../model/step.ts'
import { awsField, databaseFields, forceField, InstanceName, nameOf, oneDatabase } from '../../aws/fields.ts'

const Candidate = z
  .union([
    InstanceName,
    Ref.refine(
      ({ ref }) => ref.endsWith('.resourceId'),
      'name the resourceId that a restore leaves: restore.resourceId',
    ),
  ])
  .describe('What to put in its place: a name, or { ref: restore.resourceId } of a step before.')

const By = z
  .union([
    z.literal('rename'),
    z.strictObject({
      secret: z
        .string()
        .regex(/^[\w/+=.@:-]{1,512}$/, 'write the name or the ARN of a secret')
        .describe('A secret of Secrets Manager that holds the address; its other contents stay as they are.'),
    }),
    z.strictObject({
      dns: z
        .string()
        .regex(/^(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}$/i, 'write a whole name, such as db.shop.internal')
        .describe('A CNAME of Route 53.'),
      zone: z
        .string()
        .regex(/^[0-9A-Z]{1,32}$/, 'write the id of the hosted zone, such as Z1D633PJN98FT9')
        .describe('Its hosted zone.'),
    }),
    z.strictObject({
      proxy: z
        .string()
        .regex(/^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,62}(?<!-)$/, 'write the name of a proxy')
        .describe('A proxy of RDS with one instance behind it.'),
    }),
  ])
  .default('rename')
  .describe(
    'What applications know the database by, which is turned: rename (the name of the instance), { secret: … }, { dns: …, zone: … } or { proxy: … }.',
  )

const Moment = z
  .union([z.iso.datetime({ offset: true }), Ref])
  .optional()
  .describe('When the last write was possible: a moment, or what a fence before leaves. Makes the loss exact.')

export const RdsPromoteStep = z
  .strictObject({
    kind: z.literal('rds-promote'),
    ...stepFields,
    ...databaseFields('The instance that serves now. With by: rename, the candidate has its name afterwards.'),
    aws: awsField,
    by: By,
    candidate: Candidate,
    traffic: z
      .enum(['open', 'closed'])
      .default('open')
      .describe(
        'open: the candidate gets the security groups of the present one before it takes its place. closed: it stays in its quarantine there, until a step of kind rds-open.',
      ),
    fencedAt: Moment,
    maxLoss: Duration.optional().describe(
      'The longest span between the restored moment and the fence. More is refused.',
    ),
    force: forceField,
  })
  .refine(...oneDatabase)
  .refine(
    ({ cluster, by }) => cluster === undefined || typeof by !== 'object' || !('proxy' in by),
    'a proxy with a cluster behind it is not turned; use rename, secret or dns',
  )
  .meta({
    id: 'RdsPromoteStep',
    title: 'RDS promotion',
    description:
      'Puts a candidate in the place of the present instance or cluster of Aurora, with its security groups, and keeps the old one: by renaming both, or by turning a secret, a DNS name or a proxy to it.',
  })
export type RdsPromoteStep = z.infer<typeof RdsPromoteStep>

export const rdsPromoteKind = defineKind({
  schema: RdsPromoteStep,
  connection: 'aws',
  inherits: ['aws'],
  leaves: ['serving', 'standby', 'lossSeconds'],
  title: ({ candidate, ...step }) => `${nameOf(step)} → ${typeof candidate === 'string' ? candidate : candidate.ref}`,
})
