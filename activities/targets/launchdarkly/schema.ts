import { z } from 'zod'
import { defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'

const Key = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'use the key as LaunchDarkly writes it')

export const LaunchDarklyStep = z
  .strictObject({
    kind: z.literal('launchdarkly'),
    ...stepFields,
    flag: Key.describe('Key of the flag.'),
    project: Key.default('default').describe('LaunchDarkly’s own key of the project.'),
    flagEnvironment: Key.optional().describe('LaunchDarkly’s own key of the environment. Default: that of the run.'),
    launchdarkly: Name.default('launchdarkly').describe('The connection. Default: the one called launchdarkly.'),
    to: z.enum(['off', 'on']).default('off').describe('What the flag is turned to.'),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe('Act although something manages the flag or a change of it is pending. The reason is recorded.'),
  })
  .meta({
    id: 'LaunchDarklyStep',
    title: 'LaunchDarkly feature flag',
    description: 'Turns a feature flag off, or on, in one environment of LaunchDarkly. Its rules stay as they are.',
  })
export type LaunchDarklyStep = z.infer<typeof LaunchDarklyStep>

export const launchDarklyKind = defineKind({
  schema: LaunchDarklyStep,
  connection: 'launchdarkly',
  inherits: ['launchdarkly', 'project', 'flagEnvironment'],
  title: ({ flag, to }) => `${flag} → ${to}`,
})
