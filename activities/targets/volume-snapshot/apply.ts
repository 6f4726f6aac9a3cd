import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import { expanded, runName } from '../../run-names.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { clip } from '../../kubernetes/faults.ts'
import { MARKS } from '../../kubernetes/volumes/marks.ts'
import type { Claim, Snapshot } from '../../kubernetes/volumes/objects.ts'
import { create, find, type Ground, patch, remove } from '../../kubernetes/volumes/resources.ts'
import { groundOf, spotOf } from '../../kubernetes/volumes/stateful-set.ts'
import { RIGHTS } from './plan.ts'
import type { VolumeSnapshotStep } from './schema.ts'
import type { SnapshotState, Taken } from './state.ts'

export const SNAPSHOTS = 'volumesnapshots.snapshot.storage.k8s.io'

const LOOK = 1_000
/** The controllers try again after 1, 2, 4, 8 and 16 s; an error that outlives that is one to tell a person. */
const PATIENCE = 30_000

/** One step onwards for all claims at once, so that their moments are close: takes, waits, or marks what was taken. */
export async function apply(
  step: VolumeSnapshotStep,
  { to }: Move<SnapshotState>,
  context: CallContext<Cluster>,
): Promise<{ state: SnapshotState } | Again> {
  const spot = spotOf(step)
  const ground = groundOf(spot, context, RIGHTS)
  await context.connection.identity(context.signal)
  const snapshots = to.snapshots.map((one) => ({ ...one, snapshot: expanded(one.snapshot, context.rollbackId) }))
  const found = await Promise.all(snapshots.map(({ snapshot }) => find<Snapshot>(ground, SNAPSHOTS, snapshot)))
  const pairs = snapshots.map((taken, index) => ({ taken, there: found[index] }))
  for (const { taken, there } of pairs) refuseForeign(taken, there, context)
  if (to.kept) await refuseStale(ground, pairs)
  const doing = await Promise.all(
    pairs.map(({ taken, there }) => (to.kept ? take(ground, taken, there, context) : release(ground, there, context))),
  )
  const [first] = doing.filter((one) => one !== undefined)
  return first === undefined ? { state: { ...to, snapshots } } : { again: LOOK, doing: first }
}

type Pair = { taken: Taken; there: Snapshot | undefined }

/** A snapshot of that name which this run did not take must not be counted as taken. */
function refuseForeign({ snapshot, uid }: Taken, there: Snapshot | undefined, { rollbackId }: CallContext): void {
  const marks = there?.metadata.annotations
  if (!there || (marks?.[MARKS.rollback] === rollbackId && marks[MARKS.claimUid] === uid)) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `a VolumeSnapshot ${snapshot} is there already, and this rollback did not take it; see who did, and delete it or give the step another id`,
  )
}

/** The snapshot names its claim by name only: of a claim that was made anew since, it would hold other data. */
async function refuseStale(ground: Ground, pairs: Pair[]): Promise<void> {
  const open = pairs.filter(({ there }) => !there)
  const claims = await Promise.all(open.map(({ taken }) => find<Claim>(ground, 'persistentvolumeclaims', taken.claim)))
  const changed = open.find(({ taken }, index) => claims[index]?.metadata.uid !== taken.uid)
  if (!changed) return
  throw new UnwindError(
    'PLAN_STALE',
    `claim ${changed.taken.claim} in ${ground.namespace} was deleted or made anew since it was planned. Plan again`,
    { untouched: open.length === pairs.length },
  )
}

/** Takes it where it is not there; answers what is waited for, or undefined once it can be restored from. */
async function take(ground: Ground, taken: Taken, there: Snapshot | undefined, context: CallContext) {
  const name = `snapshot ${taken.snapshot}`
  if (!there) {
    await create<Snapshot>(ground, SNAPSHOTS, manifestOf(taken, ground, context))
    return `${name} is being taken`
  }
  const { status, metadata } = there
  const { error } = status ?? {}
  if (error && status?.readyToUse !== true) refuseFailed(taken, there)
  if (error) return `${name}: ${clip(error.message ?? 'an error without a message')}; its controller tries again`
  if (!status?.boundVolumeSnapshotContentName) return `${name} is not seen yet by a snapshot-controller; does one run?`
  if (status.readyToUse !== true) return `${name} was taken; its driver makes it ready`
  if (metadata.annotations?.[MARKS.released] === undefined) return undefined
  await patch(ground, SNAPSHOTS, there, { metadata: { annotations: { [MARKS.released]: null } } })
  return `${name} is needed again`
}

/** The driver's own words: they say what no status of ours could. */
function refuseFailed({ snapshot, claim }: Taken, { metadata, status }: Snapshot): void {
  const since = Date.parse(metadata.creationTimestamp ?? '')
  if (!(Date.now() - since > PATIENCE)) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `VolumeSnapshot ${snapshot} of ${claim} fails: ${clip(status?.error?.message ?? 'an error without a message')}. Its controller goes on trying; mend that, wait until the error is gone from its status, then retry`,
    { snapshot, claim },
  )
}

function manifestOf({ snapshot, claim, uid, class: name }: Taken, { namespace }: Ground, { rollbackId }: CallContext) {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: {
      name: snapshot,
      namespace,
      labels: { [MARKS.run]: runName(rollbackId) },
      annotations: { [MARKS.rollback]: rollbackId, [MARKS.claimUid]: uid },
    },
    spec: { volumeSnapshotClassName: name, source: { persistentVolumeClaimName: claim } },
  }
}

/** Kept and marked; in a drill deleted, because nobody was told of it. */
async function release(ground: Ground, there: Snapshot | undefined, { rollbackId, drill }: CallContext) {
  if (!there) return undefined
  const { name, annotations, deletionTimestamp } = there.metadata
  if (drill) {
    if (!deletionTimestamp) await remove(ground, SNAPSHOTS, there)
    return `snapshot ${name} of this drill is being deleted`
  }
  if (annotations?.[MARKS.released] === rollbackId) return undefined
  await patch(ground, SNAPSHOTS, there, { metadata: { annotations: { [MARKS.released]: rollbackId } } })
  return `snapshot ${name} is marked as no longer needed`
}
