import { z } from 'zod'
import { Duration, defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'

const Revision = z
  .union([
    z
      .int()
      .positive()
      .max(2 ** 31),
    z
      .string()
      .min(1)
      .max(128)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'write previous, last-good, a revision number or a version'),
  ])
  .describe(
    'previous, last-good, a revision number, or a version: of the release in the ledger, of the app or of the chart, compared as a whole.',
  )

export const HelmStep = z
  .strictObject({
    kind: z.literal('helm'),
    ...stepFields,
    release: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9.-]{0,51}[a-z0-9])?$/, 'write the name of the release, as helm list shows it')
      .describe('Name of the release.'),
    namespace: Name.optional().describe('Of the release. Default: the namespace of the environment.'),
    cluster: Name.optional().describe('The connection. Default: the cluster of the environment.'),
    to: Revision.default('last-good'),
    hooks: z
      .boolean()
      .default(true)
      .describe('Run the pre- and post-rollback hooks, which are those of the chart that is gone back to.'),
    wait: z
      .boolean()
      .default(false)
      .describe(
        'Let helm itself wait before it runs post-rollback hooks and calls the revision deployed (Helm 3: --wait, Helm 4: --wait=watcher). Without it the verification waits, and sees failures sooner.',
      ),
    conflicts: z
      .enum(['fail', 'force'])
      .default('fail')
      .describe('What server-side apply does with fields that another manager owns: force takes them (Helm 4).'),
    limit: Duration.default('5m').describe('What helm gets as --timeout: for each hook, and for a wait.'),
    takeover: Duration.default('5m').describe('A release that is pending for so long counts as left by a dead helm.'),
    driver: z.enum(['secret', 'configmap']).default('secret').describe('Where Helm keeps its releases (HELM_DRIVER).'),
    soak: Duration.default('10s').describe('How long the workloads must stay ready before it counts as recovered.'),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe(
        'Act although Flux reconciles the release and would revert it, or an image is not in its registry. The reason is recorded.',
      ),
  })
  .meta({
    id: 'HelmStep',
    title: 'Helm release',
    description:
      'Takes a Helm release back to an earlier revision by helm rollback, and waits until its workloads hold. Needs Helm 3 or 4 beside the worker.',
  })
export type HelmStep = z.infer<typeof HelmStep>

export const helmKind = defineKind({
  schema: HelmStep,
  connection: 'cluster',
  inherits: ['cluster', 'namespace'],
  title: ({ release, to }) => `release ${release} → ${typeof to === 'number' ? `revision ${to}` : to}`,
})
