import { z } from 'zod'
import { defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'

export const KubernetesScaleStep = z
  .strictObject({
    kind: z.literal('kubernetes-scale'),
    ...stepFields,
    workload: z
      .string()
      .regex(
        /^(?:deployments?|statefulsets?|cronjobs?|jobs?)\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
        'write deployment/<name>, statefulset/<name>, cronjob/<name> or job/<name>',
      )
      .describe('The workload: deployment/<name>, statefulset/<name>, cronjob/<name> or job/<name>.'),
    namespace: Name.optional().describe('Default: the namespace of the environment.'),
    cluster: Name.optional().describe('The connection. Default: the cluster of the environment.'),
    to: z
      .enum(['zero', 'before'])
      .default('zero')
      .describe(
        'zero: no pod; a CronJob is suspended and its Jobs are waited for, a Job is suspended and its pods end. before: as it was when a step of this kind took it to zero.',
      ),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe('Act although something that owns the workload would scale it back. The reason is recorded.'),
  })
  .meta({
    id: 'KubernetesScaleStep',
    title: 'Scale of a Kubernetes workload',
    description:
      'Takes a Deployment or StatefulSet to zero pods, or suspends a CronJob or a Job, waits until nothing of it runs, and brings back exactly what was there.',
  })
export type KubernetesScaleStep = z.infer<typeof KubernetesScaleStep>

export const kubernetesScaleKind = defineKind({
  schema: KubernetesScaleStep,
  connection: 'cluster',
  inherits: ['cluster', 'namespace'],
  title: ({ workload, to }) => `scale of ${workload} → ${to}`,
})
