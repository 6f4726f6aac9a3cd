import { z } from 'zod'
import { defineKind, Duration, Name, Sentence, stepFields } from '../../../model/step.ts'

const KubernetesName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'use the name as Argo CD writes it')

/** How auto-sync is kept from bringing back what the rollback has left. */
export const HOLDS = ['window', 'disable-auto-sync'] as const
export type Hold = (typeof HOLDS)[number]

export const ArgoCdStep = z
  .strictObject({
    kind: z.literal('argo-cd'),
    ...stepFields,
    argocd: Name.default('argo-cd').describe('The connection. Default: the one called argo-cd.'),
    application: KubernetesName.describe('The Application.'),
    appNamespace: KubernetesName.optional().describe('Its namespace, where that is not the one of Argo CD.'),
    project: KubernetesName.optional().describe(
      'Its project: with it, Argo CD tells an application that is not there from one that the token may not see.',
    ),
    to: z
      .union([
        z.int().min(0),
        z
          .string()
          .max(128)
          .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'write previous, last-good, a history id, a revision or a release'),
      ])
      .default('last-good')
      .describe(
        'previous (the deployment before the present one), last-good (that of the last good release), the id of a deployment in the history (argocd app history), a revision (7 to 40 hex digits of a commit, or the version of a chart), or a release of the ledger.',
      ),
    prune: z
      .boolean()
      .default(false)
      .describe('Delete what the earlier deployment does not have. Default: it stays, and the plan names it.'),
    hold: z
      .enum(HOLDS)
      .optional()
      .describe(
        'What keeps auto-sync from bringing the bad version back, where it is on. window: a sync window of the project that denies automated syncs of this application. disable-auto-sync: automated.enabled becomes false. Default: none, and the step is refused.',
      ),
    terminate: z
      .boolean()
      .default(false)
      .describe('End an operation of somebody else that stands in the way. Default: it is waited for half a minute.'),
    stable: Duration.default('10s').describe('How long the application must be Healthy without a break.'),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe('Hold although something owns what the hold is written to, and may undo it. The reason is recorded.'),
  })
  .meta({
    id: 'ArgoCdStep',
    title: 'Application of Argo CD',
    description:
      'Takes an application back to a deployment of its history, and holds auto-sync until Git agrees. It never syncs afterwards.',
  })
export type ArgoCdStep = z.infer<typeof ArgoCdStep>

export const argoCdKind = defineKind({
  schema: ArgoCdStep,
  connection: 'argocd',
  inherits: ['argocd', 'appNamespace', 'project'],
  title: ({ application, to }) => `application/${application} → ${typeof to === 'number' ? `deployment ${to}` : to}`,
})
