import { z } from 'zod'
import { defineKind, stepFields } from '../../../model/step.ts'
import { awsField, forceField } from '../../aws/fields.ts'
import { VersionTo } from '../../versions/schema.ts'

export const SsmParameterStep = z
  .strictObject({
    kind: z.literal('ssm-parameter'),
    ...stepFields,
    parameter: z
      .string()
      .max(1_011)
      .regex(
        /^\/?[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/,
        'write the name of the parameter, such as /shop/checkout/url',
      )
      .describe('The parameter, by its whole name.'),
    aws: awsField,
    to: VersionTo.default('last-good'),
    force: forceField,
  })
  .meta({
    id: 'SsmParameterStep',
    title: 'Parameter of AWS Systems Manager',
    description:
      'Takes a parameter of the Parameter Store back to what an older version holds: it is written again as the newest version.',
  })
export type SsmParameterStep = z.infer<typeof SsmParameterStep>

export const ssmParameterKind = defineKind({
  schema: SsmParameterStep,
  connection: 'aws',
  inherits: ['aws'],
  title: ({ parameter, to }) => `${parameter} → ${typeof to === 'number' ? `version ${to}` : to}`,
})
