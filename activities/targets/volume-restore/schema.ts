import { z } from 'zod'
import { Duration, defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'
import { statefulSetFields } from '../../kubernetes/volumes/fields.ts'

export const VolumeRestoreStep = z
  .strictObject({
    kind: z.literal('volume-restore'),
    ...stepFields,
    ...statefulSetFields,
    at: z
      .union([z.literal('latest'), z.iso.datetime({ offset: true })])
      .default('latest')
      .describe('latest, or a moment in RFC 3339: of each claim the last snapshot that was taken no later than that.'),
    snapshots: z
      .array(Name)
      .min(1)
      .max(50)
      .optional()
      .describe('The VolumeSnapshots by name, one for each claim, in place of `at`.'),
    maxLoss: Duration.optional().describe(
      'The longest span between a snapshot and the moment when the pods end. More is refused.',
    ),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe('Act although something that owns the StatefulSet would scale it back. The reason is recorded.'),
  })
  .meta({
    id: 'VolumeRestoreStep',
    title: 'Restore of the volumes of a StatefulSet',
    description:
      'Makes new volumes of snapshots beside the present ones, takes the StatefulSet to zero, gives the new volumes the claims that it expects, and scales it up again. The present volumes are kept under other claims.',
  })
export type VolumeRestoreStep = z.infer<typeof VolumeRestoreStep>

export const volumeRestoreKind = defineKind({
  schema: VolumeRestoreStep,
  connection: 'cluster',
  inherits: ['cluster', 'namespace'],
  leaves: ['lossSeconds'],
  title: ({ workload, at, snapshots }) => `volumes of ${workload} → ${snapshots?.join(', ') ?? at}`,
})
