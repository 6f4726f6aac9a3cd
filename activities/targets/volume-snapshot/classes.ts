import { UnwindError } from '../../../model/errors.ts'
import type { SnapshotClass, Volume } from '../../kubernetes/volumes/objects.ts'
import { all, type Ground } from '../../kubernetes/volumes/resources.ts'
import { withKind } from '../../kubernetes/volumes/snapshots.ts'
import type { VolumeSnapshotStep } from './schema.ts'

const DEFAULT = 'snapshot.storage.kubernetes.io/is-default-class'

export function readClasses(ground: Ground): Promise<SnapshotClass[]> {
  return withKind(ground, () => all<SnapshotClass>(ground, 'volumesnapshotclasses.snapshot.storage.k8s.io'))
}

/**
 * The class that a volume is taken by: the one that the step names, the default of its driver, or the only one. Throws
 * NO_ROLLBACK_TARGET for a volume that no class is for (Volume Snapshot Classes, default class).
 */
export function classOf(
  { snapshotClass }: VolumeSnapshotStep,
  volume: Volume,
  classes: SnapshotClass[],
): SnapshotClass {
  const driver = volume.spec.csi?.driver
  const name = volume.metadata.name
  if (!driver)
    throw new UnwindError('NO_ROLLBACK_TARGET', `volume ${name} is not of a CSI driver, so it can't be snapshotted`)
  const fitting = classes.filter((one) => one.driver === driver)
  const named = fitting.filter(({ metadata }) => metadata.name === snapshotClass)
  const preset = fitting.filter(({ metadata }) => metadata.annotations?.[DEFAULT] === 'true')
  const chosen = snapshotClass ? named : preset.length > 0 ? preset : fitting
  const [only] = chosen
  if (only && chosen.length === 1) return only
  const there = fitting.map(({ metadata }) => metadata.name).slice(0, 10)
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${snapshotClass ? `VolumeSnapshotClass ${snapshotClass} is not one of` : 'no one class is the default of'} driver ${driver} (volume ${name}), which has ${there.join(', ') || 'none'}; name one as snapshotClass`,
  )
}
