import { UnwindError } from '../../../model/errors.ts'
import type { Snapshot } from './objects.ts'
import { all, type Ground } from './resources.ts'

const SNAPSHOTS = 'volumesnapshots.snapshot.storage.k8s.io'

/** The snapshots of these claims, the latest first. Throws TARGET_NOT_FOUND where the cluster has no such kind. */
export async function snapshotsOf(ground: Ground, claims: readonly string[]): Promise<Snapshot[]> {
  const found = await withKind(ground, () => all<Snapshot>(ground, SNAPSHOTS))
  return found
    .filter(({ spec }) => claims.includes(spec.source.persistentVolumeClaimName ?? ''))
    .toSorted((a, b) => (momentOf(a) < momentOf(b) ? 1 : -1))
}

/** The moment that the data is from; of one that is still being taken, when that was asked for. */
export function momentOf({ status, metadata }: Snapshot): string {
  return status?.creationTime ?? metadata.creationTimestamp ?? ''
}

/** Says of a 404 for the kind itself what is missing in the cluster. */
export async function withKind<T>({ cluster }: Ground, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof UnwindError) || error.code !== 'TARGET_NOT_FOUND') throw error
    throw new UnwindError(
      'TARGET_NOT_FOUND',
      `${cluster.name} knows no VolumeSnapshots (snapshot.storage.k8s.io/v1); install the CRDs and the snapshot-controller of kubernetes-csi/external-snapshotter, and a driver that takes snapshots`,
    )
  }
}
