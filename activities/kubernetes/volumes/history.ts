import type { CallContext, Revision } from '../../../model/target.ts'
import type { Cluster } from '../connect.ts'
import { momentOf, snapshotsOf } from './snapshots.ts'
import { claimsOf, groundOf, readStatefulSet, spotOf } from './stateful-set.ts'

/** The snapshots that there are of the claims of a StatefulSet, the latest first; `rights` grant to look. */
export async function historyOf(
  step: { workload: string; namespace?: string | undefined },
  context: CallContext<Cluster>,
  rights: string,
): Promise<Revision[]> {
  const spot = spotOf(step)
  const ground = groundOf(spot, context, rights)
  const claims = await claimsOf(ground, spot, await readStatefulSet(ground, spot))
  const names = claims.map(({ metadata }) => metadata.name)
  return (await snapshotsOf(ground, names)).slice(0, 50).map((snapshot) => {
    const { metadata, spec, status } = snapshot
    const claim = spec.source.persistentVolumeClaimName ?? ''
    return {
      ...{ id: metadata.name, title: `${claim} at ${momentOf(snapshot)}`, current: false, verified: false },
      createdAt: momentOf(snapshot),
      details: { claim, ready: String(status?.readyToUse ?? false), size: status?.restoreSize ?? '' },
    }
  })
}
