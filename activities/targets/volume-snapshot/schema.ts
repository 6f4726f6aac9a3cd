import { z } from 'zod'
import { statefulSetFields } from '../../kubernetes/volumes/fields.ts'
import { defineKind, Name, stepFields } from '../../../model/step.ts'

export const VolumeSnapshotStep = z
  .strictObject({
    kind: z.literal('volume-snapshot'),
    ...stepFields,
    ...statefulSetFields,
    snapshotClass: Name.optional().describe(
      'The VolumeSnapshotClass. Default: the default class of each volume’s driver, or the only one that it has.',
    ),
  })
  .meta({
    id: 'VolumeSnapshotStep',
    title: 'Snapshots of the volumes of a StatefulSet',
    description:
      'Takes a CSI VolumeSnapshot of each claim of every replica and waits until all can be restored from. Taking it back keeps them and marks them as no longer needed; a drill deletes its own.',
  })
export type VolumeSnapshotStep = z.infer<typeof VolumeSnapshotStep>

export const volumeSnapshotKind = defineKind({
  schema: VolumeSnapshotStep,
  connection: 'cluster',
  inherits: ['cluster', 'namespace'],
  drill: true,
  title: ({ workload }) => `snapshots of the volumes of ${workload}`,
})
