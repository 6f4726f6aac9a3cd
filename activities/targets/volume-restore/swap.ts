import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import { runName } from '../../run-names.ts'
import { MARKS } from '../../kubernetes/volumes/marks.ts'
import type { Claim, Volume } from '../../kubernetes/volumes/objects.ts'
import { create, type Ground, patch, remove } from '../../kubernetes/volumes/resources.ts'
import type { ClaimManifest } from './keep.ts'
import { isBound, type Pair } from './scene.ts'

type Doing = string | undefined

/**
 * One write towards the coming volume under the claim that the StatefulSet expects. A claim is bound for its life and
 * can't be renamed, so it is deleted and made anew: the volume is reserved for the new one by its claimRef, and the new
 * one asks for the volume by its volumeName, so that neither can go to anybody else (Persistent Volumes, reserving).
 * Only called while no pod is there and both volumes have the policy Retain.
 */
export async function swap(ground: Ground, pair: Pair): Promise<Doing> {
  const { name, coming, serving, kept } = pair
  if (isBound(serving, coming) || !coming) return undefined
  if (serving?.spec.volumeName === coming.metadata.name && !serving.metadata.deletionTimestamp)
    return `claim ${name} waits to be bound to ${coming.metadata.name}`
  if (serving) return letGo(ground, serving)
  if (kept && kept.spec.volumeName === coming.metadata.name) return letGo(ground, kept)
  return (await reserve(ground, coming, name)) ?? claim(ground, manifestOf(ground, pair, coming))
}

/** The other volume under its own claim, so that it is seen, and nobody takes it for rubbish. */
export async function putAside(ground: Ground, pair: Pair, context: CallContext): Promise<Doing> {
  const { name, standby, leaving, kept } = pair
  if (!leaving) return kept && !kept.spec.volumeName ? letGo(ground, kept) : undefined
  if (kept) return isBound(kept, leaving) ? undefined : `claim ${standby} waits to be bound`
  const reserved = leaving.spec.claimRef?.name
  // Somebody has found another use for it.
  if (reserved !== undefined && ![name, standby].includes(reserved)) return undefined
  return (await reserve(ground, leaving, standby)) ?? claim(ground, standbyManifest(ground, pair, leaving, context))
}

/** It stays until no pod uses it and no snapshot is being taken of it (Persistent Volumes, storage object in use protection). */
async function letGo(ground: Ground, { metadata }: Claim): Promise<string> {
  if (!metadata.deletionTimestamp) await remove(ground, 'persistentvolumeclaims', { metadata })
  return `claim ${metadata.name} is let go of; its volume stays${metadata.finalizers ? ` (waits for ${metadata.finalizers.join(', ')})` : ''}`
}

async function reserve(ground: Ground, volume: Volume, name: string): Promise<Doing> {
  const { claimRef } = volume.spec
  const { namespace } = ground
  if (claimRef?.name === name && claimRef.namespace === namespace && claimRef.uid === undefined) return undefined
  const forName = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid: null, resourceVersion: null }
  await patch<Volume>(ground, 'persistentvolumes', volume, { spec: { claimRef: forName } })
  return `volume ${volume.metadata.name} is reserved for claim ${name}`
}

async function claim(ground: Ground, manifest: { metadata: { name: string } }): Promise<string> {
  await create<Claim>(ground, 'persistentvolumeclaims', manifest)
  return `claim ${manifest.metadata.name} is made anew`
}

/** As the volume served before; one that is new gets the claim of the one that leaves, but for where its data is from. */
function manifestOf({ namespace }: Ground, { name, leaving, wanted }: Pair, coming: Volume) {
  const own = parsed(coming)
  const other = parsed(leaving)
  const found = own ?? (other && fresh(other, wanted.snapshot?.uid))
  if (!found)
    throw new UnwindError(
      'TARGET_REJECTED',
      `what claim ${name} was like is not on volume ${coming.metadata.name} any more (annotation ${MARKS.claim}); make the claim by hand with volumeName ${coming.metadata.name}, then answer done`,
    )
  const { labels, annotations, ownerReferences, spec } = found
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace, labels, annotations, ownerReferences },
    spec: { ...spec, volumeName: coming.metadata.name },
  }
}

function fresh({ annotations, spec, ...rest }: ClaimManifest, snapshot: string | undefined): ClaimManifest {
  const { dataSource: _, dataSourceRef: __, ...own } = spec
  return { ...rest, annotations: { ...annotations, ...(snapshot && { [MARKS.restoredFrom]: snapshot }) }, spec: own }
}

function parsed(volume: Volume | undefined): ClaimManifest | undefined {
  const text = volume?.metadata.annotations?.[MARKS.claim]
  return text === undefined ? undefined : (JSON.parse(text) as ClaimManifest)
}

function standbyManifest(
  { namespace }: Ground,
  { name, standby }: Pair,
  { metadata, spec }: Volume,
  context: CallContext,
) {
  const { accessModes, volumeMode, capacity, storageClassName = '' } = spec
  const { rollbackId } = context
  const from = metadata.annotations?.[MARKS.restoredFrom]
  const marks = { [MARKS.rollback]: rollbackId, [MARKS.serves]: `${namespace}/${name}` }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: standby,
      namespace,
      labels: { [MARKS.run]: runName(rollbackId) },
      annotations: { ...marks, ...(from && { [MARKS.restoredFrom]: from }) },
    },
    spec: { accessModes, volumeMode, storageClassName, volumeName: metadata.name, resources: { requests: capacity } },
  }
}
