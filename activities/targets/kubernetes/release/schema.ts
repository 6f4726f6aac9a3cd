import { z } from 'zod'
import { Duration, defineKind, Name, Sentence, stepFields } from '../../../../model/step.ts'
import { To, Workload } from '../schema.ts'

/** The most workloads of one step: its plan has to be read by people, and carried. */
export const MOST = 20

const Labels = z
  .record(z.string().min(1).max(317), z.string().max(63))
  .refine((labels) => Object.keys(labels).length > 0, 'name at least one label')

export const KubernetesReleaseStep = z
  .strictObject({
    kind: z.literal('kubernetes-release'),
    ...stepFields,
    workloads: z
      .array(Workload)
      .min(1)
      .max(MOST)
      .optional()
      .describe('The workloads in the order in which they go back, each once its forerunner holds.'),
    selector: Labels.optional().describe(
      'In place of `workloads`: all Deployments, StatefulSets and DaemonSets with these labels, by kind and name.',
    ),
    namespace: Name.optional().describe('Default: the namespace of the environment.'),
    cluster: Name.optional().describe('The connection. Default: the cluster of the environment.'),
    to: To.default('last-good'),
    resume: z.boolean().optional().describe('Resume paused Deployments in the same patch.'),
    soak: Duration.default('10s').describe('How long every rollout must stay complete before they count as recovered.'),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe(
        'Act although something that owns an object would revert it, or an image is not in its registry. The reason is recorded.',
      ),
  })
  .refine(
    ({ workloads, selector }) => (workloads === undefined) !== (selector === undefined),
    'name the workloads, or a selector of labels',
  )
  .meta({
    id: 'KubernetesReleaseStep',
    title: 'Kubernetes workloads of one release',
    description:
      'Takes several workloads back together, one after another: each begins once the one before holds, and all that moved is taken back together.',
  })
export type KubernetesReleaseStep = z.infer<typeof KubernetesReleaseStep>

export const kubernetesReleaseKind = defineKind({
  schema: KubernetesReleaseStep,
  connection: 'cluster',
  inherits: ['cluster', 'namespace'],
  title: ({ workloads = [], selector, to }) => {
    const labels = Object.entries(selector ?? {}).map(([key, value]) => `${key}=${value}`)
    const named = [...workloads, ...labels]
    const more = named.length > NAMED ? ` and ${named.length - NAMED} more` : ''
    return `${named.slice(0, NAMED).join(', ')}${more} → ${typeof to === 'number' ? `revision ${to}` : to}`
  },
})

/** How many are named in a title. */
const NAMED = 3
