import type { CallContext, Plan, Revision } from '../../../model/target.ts'
import { RUN } from '../../run-names.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { historyOf } from '../../kubernetes/volumes/history.ts'
import type { Claim, SnapshotClass, Volume } from '../../kubernetes/volumes/objects.ts'
import { required } from '../../kubernetes/volumes/resources.ts'
import { claimsOf, groundOf, readStatefulSet, spotOf } from '../../kubernetes/volumes/stateful-set.ts'
import { classOf, readClasses } from './classes.ts'
import type { VolumeSnapshotStep } from './schema.ts'
import { parseState, type SnapshotState, type Taken } from './state.ts'

/** The manifest with the rights of this kind. */
export const RIGHTS = 'docs/rbac/volume-snapshot/operator.yaml'

/** A driver may upload the first snapshot as a whole before it is ready. */
const LIMIT = 4 * 60 * 60_000
const READ_LIMIT = 60_000

export function history(step: VolumeSnapshotStep, context: CallContext<Cluster>): Promise<Revision[]> {
  return historyOf(step, context, RIGHTS)
}

/** Which claims of which replicas would be taken, by which class and under which names. Reads only. */
export async function plan(step: VolumeSnapshotStep, context: CallContext<Cluster>): Promise<Plan<SnapshotState>> {
  const spot = spotOf(step)
  const { connection, signal, towards } = context
  const ground = groundOf(spot, context, RIGHTS)
  const [set, cluster] = await Promise.all([readStatefulSet(ground, spot), connection.identity(signal)])
  const base = {
    object: `kubernetes/${cluster}/${spot.namespace}/snapshots/${spot.workload}`,
    limits: { apply: LIMIT, verify: READ_LIMIT },
    reversible: true as const,
  }
  if (towards) return { ...base, ...back(parseState(towards)) }
  const [claims, classes] = await Promise.all([claimsOf(ground, spot, set), readClasses(ground)])
  const found = await Promise.all(
    claims.map(async (claim) => {
      const volume = await required<Volume>(ground, 'persistentvolumes', claim.spec.volumeName ?? '')
      const by = classOf(step, volume, classes)
      return { claim, by, taken: takenOf(claim, by, context) }
    }),
  )
  const { uid } = set.metadata
  const snapshots = found.map(({ taken }) => taken)
  return {
    ...base,
    summary: `${spot.workload} in ${spot.namespace}: ${snapshots.length} snapshots, of ${snapshots.map(({ claim }) => claim).join(', ')}`,
    from: { uid, snapshots, kept: false },
    to: { uid, snapshots, kept: true },
    changes: found.map(({ claim, taken }) => ({
      path: taken.claim,
      to: `${taken.snapshot} ${described(claim, taken)}`,
    })),
    warnings: warningsOf(found.map(({ by }) => by)),
    impact: impactOf(snapshots),
  }
}

/** The step in the name, so that a run may take them before and after something. */
function takenOf({ metadata }: Claim, by: SnapshotClass, { stepId }: CallContext): Taken {
  const { name, uid } = metadata
  return { claim: name, uid, snapshot: `${name}-${stepId}-${RUN}`, class: by.metadata.name }
}

function described({ spec, status }: Claim, taken: Taken): string {
  const size = status?.capacity?.storage ?? spec.resources?.requests?.storage ?? 'unknown size'
  return `(${size}, storage class ${spec.storageClassName ?? 'none'}, snapshot class ${taken.class})`
}

function warningsOf(classes: SnapshotClass[]): Plan['warnings'] {
  const deleting = new Set(
    classes.filter((one) => one.deletionPolicy === 'Delete').map(({ metadata }) => metadata.name),
  )
  if (deleting.size === 0) return []
  const message = `whoever deletes one of these VolumeSnapshots, or the namespace, deletes its data too (deletionPolicy Delete of ${[...deleting].join(', ')})`
  return [{ code: 'SNAPSHOT_DELETE_POLICY', message }]
}

function impactOf(snapshots: Taken[]): string[] {
  const crash =
    'each holds what is on the disk at its moment, as after a power cut: what an application keeps in memory is not in it'
  if (snapshots.length === 1) return [crash]
  return [
    crash,
    'they are taken at nearly the same moment, not at one: take the StatefulSet to zero first where that matters',
  ]
}

/** What an earlier run took is kept: whoever deletes it should have looked. */
function back(state: SnapshotState): Pick<Plan<SnapshotState>, 'summary' | 'from' | 'to' | 'changes' | 'warnings'> {
  const there = { ...state, kept: false }
  return { summary: 'nothing to do: the snapshots are kept', from: there, to: there, changes: [], warnings: [] }
}
