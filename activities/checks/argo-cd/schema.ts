import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Name } from '../../../model/step.ts'

export const ArgoCdMeasurement = z
  .strictObject({
    'argo-cd': z
      .string()
      .max(270)
      .regex(/^application\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'write application/<name>')
      .describe('application/<name>: what Argo CD applies the files by.'),
    appNamespace: Name.optional().describe('Its namespace, where that is not the one of Argo CD.'),
    project: Name.optional().describe(
      'Its project: with it, Argo CD tells an application that is not there from one that the token may not see.',
    ),
    of: Name.describe('The step before this one that has changed a Git repository (git-revert).'),
    server: Name.optional().describe('The connection of kind argo-cd. Default: the only one of the environment.'),
  })
  .meta({
    id: 'ArgoCdMeasurement',
    title: 'Argo CD runs a commit',
    description:
      'Has Argo CD look at Git, and reads whether the application is Synced to what a step left there (its commit, or a later one of the branch that has it) and Healthy with that.',
  })
export type ArgoCdMeasurement = z.infer<typeof ArgoCdMeasurement>

export const argoCdCheckKind = defineMeasurement({
  schema: ArgoCdMeasurement,
  connection: { kind: 'argo-cd', field: 'server' },
  of: 'of',
  title: ({ 'argo-cd': which, of }) => `Argo CD runs what ${of} left, by ${which}`,
})
