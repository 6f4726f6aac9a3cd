import { z } from 'zod'
import { defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'

const Part = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$/, 'use the name as Unleash writes it')

export const UnleashStep = z
  .strictObject({
    kind: z.literal('unleash'),
    ...stepFields,
    flag: Part.describe('The feature flag.'),
    project: Part.default('default').describe('Unleash’s own name of the project.'),
    flagEnvironment: Part.optional().describe('Unleash’s own name of the environment. Default: that of the run.'),
    unleash: Name.default('unleash').describe('The connection. Default: the one called unleash.'),
    to: z.enum(['off', 'on']).default('off').describe('What the flag is turned to.'),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe('Act although the flag is managed by something that would turn it back. The reason is recorded.'),
  })
  .meta({
    id: 'UnleashStep',
    title: 'Unleash feature flag',
    description: 'Turns a feature flag off, or on, in one environment of Unleash. Its strategies stay as they are.',
  })
export type UnleashStep = z.infer<typeof UnleashStep>

export const unleashKind = defineKind({
  schema: UnleashStep,
  connection: 'unleash',
  inherits: ['unleash', 'project', 'flagEnvironment'],
  title: ({ flag, to }) => `${flag} → ${to}`,
})
