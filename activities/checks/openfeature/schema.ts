import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Duration } from '../../../model/step.ts'
import { serverField } from '../query/measurement.ts'

const Scalar = z.union([z.boolean(), z.number(), z.string().max(200)])

/** For whom a flag is evaluated: `targetingKey` and attributes that its rules go by. */
const Context = z
  .record(z.string().min(1).max(100), Scalar)
  .refine((context) => Object.keys(context).length <= 20, 'at most 20 attributes are allowed')

export const OpenFeatureMeasurement = z
  .strictObject({
    openfeature: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/, 'write the key of a flag')
      .describe('The key of the flag that is evaluated.'),
    is: Scalar.describe('What it has to be evaluated to, in every context.'),
    contexts: z
      .array(Context)
      .min(1)
      .max(10)
      .default([{ targetingKey: 'unwind' }])
      .describe(
        'For whom it is evaluated: attributes, targetingKey among them. A flag that is off is so for everybody.',
      ),
    provider: serverField('openfeature'),
    timeout: Duration.default('10s').describe('An answer that is not there by then is no measurement. At most 30s.'),
  })
  .meta({
    id: 'OpenFeatureMeasurement',
    title: 'Evaluated flag',
    description:
      'Asks a provider that speaks OFREP (flagd, GO Feature Flag, …) what a flag is evaluated to. What no rule of the provider has decided proves nothing.',
  })
export type OpenFeatureMeasurement = z.infer<typeof OpenFeatureMeasurement>

export const openFeatureKind = defineMeasurement({
  schema: OpenFeatureMeasurement,
  connection: { kind: 'openfeature', field: 'provider' },
  title: ({ openfeature, is }) => `flag ${openfeature} is ${JSON.stringify(is)}`,
})
