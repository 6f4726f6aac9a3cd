import { z } from 'zod'
import { Duration, defineKind, Name, Sentence, stepFields } from '../../../../model/step.ts'
import { To } from '../schema.ts'

export const ArgoRolloutsStep = z
  .strictObject({
    kind: z.literal('argo-rollouts'),
    ...stepFields,
    rollout: Name.describe('Name of the Rollout.'),
    namespace: Name.optional().describe('Default: the namespace of the environment.'),
    cluster: Name.optional().describe('The connection. Default: the cluster of the environment.'),
    action: z
      .enum(['undo', 'abort', 'retry', 'promote-full'])
      .default('undo')
      .describe(
        'undo: the pod template of an earlier revision goes back into the Rollout, or into the Deployment that it refers to. abort: the update in progress goes back to stable, its template stays. retry: the aborted update begins again. promote-full: the update in progress becomes stable without its remaining steps, pauses and analysis.',
      ),
    to: To.default('last-good').describe(
      'Of undo: previous, last-good, stable, a revision number, or an image, tag or digest (repo/app:v1.8, v1.8, sha256:…).',
    ),
    promote: z
      .enum(['steps', 'full'])
      .default('steps')
      .describe(
        'Of undo: steps goes back by the steps, pauses and analysis of the Rollout; full skips them. The revision that is stable needs none.',
      ),
    soak: Duration.default('10s').describe('How long the Rollout must stay Healthy before it counts as recovered.'),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe(
        'Undo although something that owns the object would revert it, or an image is not in its registry. The reason is recorded.',
      ),
  })
  .meta({
    id: 'ArgoRolloutsStep',
    title: 'Argo Rollouts',
    description:
      'Takes a Rollout back to an earlier revision, or aborts, retries or fully promotes its update in progress, and waits until its controller calls it Healthy.',
  })
export type ArgoRolloutsStep = z.infer<typeof ArgoRolloutsStep>

export const argoRolloutsKind = defineKind({
  schema: ArgoRolloutsStep,
  connection: 'cluster',
  inherits: ['cluster', 'namespace'],
  title: ({ rollout, action, to }) => {
    if (action !== 'undo') return `${action} of rollout/${rollout}`
    return `rollout/${rollout} → ${typeof to === 'number' ? `revision ${to}` : to}`
  },
})
