import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Name } from '../../../model/step.ts'

export const FluxMeasurement = z
  .strictObject({
    flux: z
      .string()
      .max(270)
      .regex(/^kustomization\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'write kustomization/<name>')
      .describe('kustomization/<name>: what Flux applies the files by.'),
    namespace: Name.default('flux-system').describe('Where it is.'),
    of: Name.describe('The step before this one that has changed a Git repository (git-revert).'),
    cluster: Name.optional().describe('The connection of kind kubernetes. Default: the only one of the environment.'),
  })
  .meta({
    id: 'FluxMeasurement',
    title: 'Flux runs a commit',
    description:
      'Reads whether Flux has applied what a step left in Git: its commit, or a later one of the branch that has it, and is ready with that.',
  })
export type FluxMeasurement = z.infer<typeof FluxMeasurement>

export const fluxKind = defineMeasurement({
  schema: FluxMeasurement,
  connection: { kind: 'kubernetes', field: 'cluster' },
  of: 'of',
  title: ({ flux, of }) => `Flux runs what ${of} left, by ${flux}`,
})
