import { z } from 'zod'
import { defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'

export const KubernetesConfigStep = z
  .strictObject({
    kind: z.literal('kubernetes-config'),
    ...stepFields,
    object: z
      .string()
      .regex(
        /^(?:configmap|secret)\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
        'write configmap/<name> or secret/<name>',
      )
      .describe('The object: configmap/<name> or secret/<name>.'),
    namespace: Name.optional().describe('Default: the namespace of the environment.'),
    cluster: Name.optional().describe('The connection. Default: the cluster of the environment.'),
    to: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'write previous, last-good, a release or the name of a copy')
      .default('last-good')
      .describe(
        'previous (the newest copy that holds something else), last-good, a release that a copy was kept for, or the name of a copy.',
      ),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe('Act although something that owns the object would revert it. The reason is recorded.'),
  })
  .meta({
    id: 'KubernetesConfigStep',
    title: 'ConfigMap or Secret',
    description:
      'Takes a ConfigMap or a Secret back to what a copy in its namespace holds: one that CI has kept, or one of what an earlier rollback left. Kubernetes itself keeps none.',
  })
export type KubernetesConfigStep = z.infer<typeof KubernetesConfigStep>

export const kubernetesConfigKind = defineKind({
  schema: KubernetesConfigStep,
  connection: 'cluster',
  inherits: ['cluster', 'namespace'],
  title: ({ object, to }) => `${object} → ${to}`,
})
