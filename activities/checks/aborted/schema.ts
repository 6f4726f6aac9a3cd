import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Name } from '../../../model/step.ts'

export const AbortedMeasurement = z
  .strictObject({
    aborted: z
      .string()
      .max(260)
      .regex(/^rollout\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'write rollout/<name>')
      .describe('The Rollout: rollout/<name>.'),
    namespace: Name.describe('Where it is.'),
    by: z
      .enum(['analysis', 'anything'])
      .default('analysis')
      .describe('analysis: by an AnalysisRun that failed. anything: also by a person or by its progress deadline.'),
    cluster: Name.optional().describe('The connection of kind kubernetes. Default: the only one of the environment.'),
  })
  .meta({
    id: 'AbortedMeasurement',
    title: 'Aborted update of a Rollout',
    description:
      'Whether the update in progress of a Rollout was aborted. It is so until another revision takes its place or it becomes stable, also while it is retried: one revision is one episode.',
  })
export type AbortedMeasurement = z.infer<typeof AbortedMeasurement>

export const abortedKind = defineMeasurement({
  schema: AbortedMeasurement,
  connection: { kind: 'kubernetes', field: 'cluster' },
  trigger: () => 'holds',
  title: ({ aborted, by }) => `the update of ${aborted} was aborted${by === 'analysis' ? ' by its analysis' : ''}`,
})
