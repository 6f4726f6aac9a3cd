import { z } from 'zod'
import { Duration, defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'

/** A workload that keeps its earlier templates, as steps and measurements write it. */
export const Workload = z
  .string()
  .regex(
    /^(?:deployments?|statefulsets?|daemonsets?)\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
    'write deployment/<name>, statefulset/<name> or daemonset/<name>',
  )
  .describe('The workload: deployment/<name>, statefulset/<name> or daemonset/<name>.')

/** What a step goes back to. */
export const To = z
  .union([
    z
      .int()
      .positive()
      .max(2 ** 31),
    z
      .string()
      .min(1)
      .max(512)
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._\-/:@]*$/,
        'write previous, last-good, a revision number, an image, a tag or a digest',
      ),
  ])
  .describe('previous, last-good, a revision number, or an image, tag or digest (repo/app:v1.8, v1.8, sha256:…).')

export const KubernetesStep = z
  .strictObject({
    kind: z.literal('kubernetes'),
    ...stepFields,
    workload: Workload,
    namespace: Name.optional().describe('Default: the namespace of the environment.'),
    cluster: Name.optional().describe('The connection. Default: the cluster of the environment.'),
    to: To.default('last-good'),
    resume: z
      .boolean()
      .optional()
      .describe('Resume a paused Deployment in the same patch. Without it a paused one is refused.'),
    soak: Duration.default('10s').describe('How long the rollout must stay complete before it counts as recovered.'),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe(
        'Act although something that owns the object would revert it, or an image is not in its registry. The reason is recorded.',
      ),
  })
  .meta({
    id: 'KubernetesStep',
    title: 'Kubernetes workload',
    description:
      'Takes a Deployment, a StatefulSet or a DaemonSet back to an earlier pod template that the cluster keeps, and waits until its pods hold.',
  })
export type KubernetesStep = z.infer<typeof KubernetesStep>

export const kubernetesKind = defineKind({
  schema: KubernetesStep,
  connection: 'cluster',
  inherits: ['cluster', 'namespace'],
  title: (step) => `${step.workload} → ${typeof step.to === 'number' ? `revision ${step.to}` : step.to}`,
})
