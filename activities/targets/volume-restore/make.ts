import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import { runName } from '../../run-names.ts'
import { clip } from '../../kubernetes/faults.ts'
import { MARKS } from '../../kubernetes/volumes/marks.ts'
import type { Claim, ClaimSpec, Snapshot, StatefulSet, StorageClass } from '../../kubernetes/volumes/objects.ts'
import { larger } from '../../kubernetes/volumes/quantity.ts'
import { all, create, find, type Ground } from '../../kubernetes/volumes/resources.ts'
import { podsOf } from '../../kubernetes/volumes/stateful-set.ts'
import type { Pair } from './scene.ts'

/** For which node the volume is made: set by the scheduler for a pod (Well-Known Labels, Annotations and Taints). */
const NODE = 'volume.kubernetes.io/selected-node'

/** The new volume of a pair, made beside the present one. Answers what is waited for, or undefined once it is there. */
export async function make(
  ground: Ground,
  pair: Pair,
  set: StatefulSet,
  context: CallContext,
): Promise<string | undefined> {
  const { coming, kept, serving, wanted, standby } = pair
  if (coming || !wanted.snapshot) return undefined
  if (kept) return pending(ground, kept)
  // Seen by `look`: while nothing is made yet, the present claim is in its place.
  if (!serving) return `claim ${pair.name} is not there`
  const snapshot = await readySnapshot(ground, wanted.snapshot)
  const node = await nodeFor(ground, serving, set)
  await create<Claim>(ground, 'persistentvolumeclaims', manifestOf(ground, pair, serving.spec, snapshot, node, context))
  return `a new volume of snapshot ${snapshot.metadata.name} is being made, under claim ${standby}`
}

async function readySnapshot(ground: Ground, { name, uid }: { name: string; uid: string }): Promise<Snapshot> {
  const found = await find<Snapshot>(ground, 'volumesnapshots.snapshot.storage.k8s.io', name)
  if (found?.metadata.uid === uid && found.status?.readyToUse === true) return found
  const what = found?.metadata.uid === uid ? 'can’t be restored from any more' : 'is gone'
  throw new UnwindError('PLAN_STALE', `snapshot ${name} in ${ground.namespace} ${what}. Plan again`)
}

/** A volume of a snapshot is made by a new claim that names it as its source, and is at least as large (Volume Snapshots). */
function manifestOf(
  { namespace }: Ground,
  { standby, name, wanted }: Pair,
  spec: ClaimSpec,
  snapshot: Snapshot,
  node: string | undefined,
  { rollbackId }: CallContext,
) {
  const { accessModes, storageClassName, volumeMode, volumeAttributesClassName } = spec
  const storage = larger(spec.resources?.requests?.storage ?? '0', snapshot.status?.restoreSize)
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: standby,
      namespace,
      labels: { [MARKS.run]: runName(rollbackId) },
      annotations: {
        [MARKS.rollback]: rollbackId,
        [MARKS.serves]: `${namespace}/${name}`,
        [MARKS.restoredFrom]: wanted.snapshot?.uid,
        ...(node !== undefined && { [NODE]: node }),
      },
    },
    spec: {
      ...{ accessModes, storageClassName, volumeMode, volumeAttributesClassName },
      resources: { requests: { storage } },
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshot.metadata.name },
    },
  }
}

/**
 * A class that waits for a first consumer makes no volume before a pod is placed (Storage Classes, volume binding mode).
 * The new volume is to be where the pod of the old one is, so its node is named as the scheduler would.
 */
async function nodeFor(ground: Ground, claim: Claim, set: StatefulSet): Promise<string | undefined> {
  const name = claim.spec.storageClassName
  const by = name ? await find<StorageClass>(ground, 'storageclasses.storage.k8s.io', name) : undefined
  if (by?.volumeBindingMode !== 'WaitForFirstConsumer') return undefined
  const ordinal = claim.metadata.name.slice(claim.metadata.name.lastIndexOf('-') + 1)
  const pods = await podsOf(ground, set)
  const pod = pods.find(({ metadata }) => metadata.name === `${set.metadata.name}-${ordinal}`)
  const node = pod?.spec?.nodeName ?? claim.metadata.annotations?.[NODE]
  if (node) return node
  throw new UnwindError(
    'TARGET_REJECTED',
    `storage class ${name} makes volumes only for the node of a pod, and none is known for claim ${claim.metadata.name}; scale ${set.metadata.name} up, so that its pod has a node, then retry`,
  )
}

interface Event {
  message?: string
  lastTimestamp?: string
  eventTime?: string
}

/** Why a claim has no volume yet, in the words of whoever should make it. */
async function pending(ground: Ground, { metadata, status }: Claim): Promise<string> {
  const fieldSelector = `involvedObject.uid=${metadata.uid},type=Warning`
  const events = await all<Event>(ground, 'events', { fieldSelector })
  const at = ({ lastTimestamp, eventTime }: Event) => lastTimestamp ?? eventTime ?? ''
  const last = events.toSorted((a, b) => (at(a) < at(b) ? -1 : 1)).at(-1)
  const why = last?.message ? `: ${clip(last.message)}` : ''
  return `claim ${metadata.name} is ${status?.phase ?? 'new'}${why}`
}
