import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Duration, Name } from '../../../model/step.ts'

export const ArgoAnalysisMeasurement = z
  .strictObject({
    'argo-analysis': z
      .string()
      .max(260)
      .regex(
        /^(analysisrun|rollout)\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
        'write analysisrun/<name>, or rollout/<name> for its newest one',
      )
      .describe('analysisrun/<name>, or rollout/<name>: the newest one that this Rollout has started.'),
    namespace: Name.describe('Where it is.'),
    maxAge: Duration.default('30m').describe('An analysis that ended longer ago proves nothing of now.'),
    cluster: Name.optional().describe('The connection of kind kubernetes. Default: the only one of the environment.'),
  })
  .meta({
    id: 'ArgoAnalysisMeasurement',
    title: 'Analysis of Argo Rollouts',
    description:
      'Reads an AnalysisRun: its phase, and what its metrics have measured. One that is still running is waited for.',
  })
export type ArgoAnalysisMeasurement = z.infer<typeof ArgoAnalysisMeasurement>

export const argoAnalysisKind = defineMeasurement({
  schema: ArgoAnalysisMeasurement,
  connection: { kind: 'kubernetes', field: 'cluster' },
  title: ({ 'argo-analysis': which }) => `the analysis of ${which} is successful`,
})
