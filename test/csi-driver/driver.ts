import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Claim, Snapshot, Volume } from '../../activities/kubernetes/volumes/objects.ts'
import { bytesOf } from '../../activities/kubernetes/volumes/quantity.ts'
import type { Lab } from '../targets/kubernetes-lab.ts'
import { type Content, contentsOf, finish, refuse } from './contents.ts'

/** The name under which this double of a CSI driver is known to the cluster. */
export const DRIVER = 'double.csi.unwind.dev'
/** What a volume or the content of a snapshot holds. */
export const HOLDS = `${DRIVER}/holds`
/** Why no snapshot can be taken of the claim that carries it. */
export const FAILS = `${DRIVER}/fails`

const MERGE = 'application/merge-patch+json'

/**
 * Plays a CSI driver and its sidecars (external-provisioner, csi-snapshotter) on a real control plane with the real
 * snapshot-controller: makes and deletes volumes, and makes the contents of snapshots ready. Binding, protection,
 * reclaiming and everything about VolumeSnapshots are the cluster's own. What a volume or a snapshot holds is one text, in
 * an annotation; another annotation, of a claim, makes snapshots of it fail.
 */
export class CsiDriverDouble {
  readonly #ask: Lab['ask']
  #working: Promise<void> | undefined
  #stopped = false

  constructor(ask: Lab['ask']) {
    this.#ask = ask
  }

  start(): void {
    this.#working = this.#work()
  }

  /** Resolves once it has let go of whatever it was doing. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#working
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      // Somebody else may be quicker, or the API server busy: as a controller, it looks again.
      for (const part of [() => this.#provision(), () => this.#reclaim(), () => this.#snapshot()])
        await part().catch(() => {})
      await pause(50)
    }
  }

  /** external-provisioner: claims of its classes that have no volume, and with late binding only those with a node. */
  async #provision(): Promise<void> {
    const { items } = await this.#ask<{ items: Claim[] }>('GET', '/api/v1/persistentvolumeclaims')
    for (const claim of items) {
      const { annotations = {}, deletionTimestamp } = claim.metadata
      if (claim.spec.volumeName || deletionTimestamp) continue
      if (annotations['volume.kubernetes.io/storage-provisioner'] !== DRIVER) continue
      const late = claim.spec.storageClassName?.endsWith('-late')
      if (late && !annotations['volume.kubernetes.io/selected-node']) continue
      await this.#make(claim).catch((error: unknown) => this.#complain(claim, String(error)))
    }
  }

  async #make(claim: Claim): Promise<void> {
    const { name, namespace = '', uid } = claim.metadata
    const volume = `pvc-${uid}`
    const source = claim.spec.dataSource as { kind: string; name: string } | undefined
    const held = source ? await this.#heldBy(namespace, source.name) : ''
    await this.#ask('POST', '/api/v1/persistentvolumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume, annotations: { 'pv.kubernetes.io/provisioned-by': DRIVER, [HOLDS]: held } },
      spec: {
        accessModes: claim.spec.accessModes,
        capacity: { storage: claim.spec.resources?.requests?.storage },
        storageClassName: claim.spec.storageClassName,
        persistentVolumeReclaimPolicy: 'Delete',
        volumeMode: claim.spec.volumeMode,
        csi: { driver: DRIVER, volumeHandle: volume },
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      },
    })
  }

  async #heldBy(namespace: string, name: string): Promise<string> {
    const path = `/apis/snapshot.storage.k8s.io/v1/namespaces/${namespace}/volumesnapshots/${name}`
    const { status } = await this.#ask<Snapshot>('GET', path)
    const { items } = await contentsOf(this.#ask)
    const content = items.find(({ metadata }) => metadata.name === status?.boundVolumeSnapshotContentName)
    const held = content?.metadata.annotations?.[HOLDS]
    if (held === undefined) throw new Error(`rpc error: code = NotFound desc = no snapshot behind ${name}`)
    return held
  }

  async #complain({ metadata }: Claim, message: string): Promise<void> {
    const { name, namespace = '', uid } = metadata
    await this.#ask('POST', `/api/v1/namespaces/${namespace}/events`, {
      metadata: { name: `${name}.${randomUUID().slice(0, 8)}`, namespace },
      involvedObject: { kind: 'PersistentVolumeClaim', name, namespace, uid },
      ...{ type: 'Warning', reason: 'ProvisioningFailed', message, lastTimestamp: new Date().toISOString() },
    })
  }

  /** external-provisioner: a volume that was released goes, with its data, unless its policy says Retain. */
  async #reclaim(): Promise<void> {
    const { items } = await this.#ask<{ items: Volume[] }>('GET', '/api/v1/persistentvolumes')
    for (const { metadata, spec, status } of items) {
      const doomed = status?.phase === 'Released' && spec.persistentVolumeReclaimPolicy === 'Delete'
      if (!doomed || spec.csi?.driver !== DRIVER || metadata.deletionTimestamp) continue
      await this.#ask('DELETE', `/api/v1/persistentvolumes/${metadata.name}`)
    }
  }

  /** csi-snapshotter: contents that the snapshot-controller has made, and those that it wants to be rid of. */
  async #snapshot(): Promise<void> {
    const { items } = await contentsOf(this.#ask)
    for (const content of items) {
      if (content.spec.driver !== DRIVER) continue
      if (content.metadata.deletionTimestamp) await this.#drop(content)
      else if (content.status?.readyToUse !== true) await this.#take(content)
    }
  }

  async #take(content: Content): Promise<void> {
    const volume = content.spec.source.volumeHandle ?? ''
    const { spec, metadata } = await this.#ask<Volume>('GET', `/api/v1/persistentvolumes/${volume}`)
    const { namespace, name } = spec.claimRef ?? {}
    const claim = await this.#ask<Claim>('GET', `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`)
    const why = claim.metadata.annotations?.[FAILS]
    if (why !== undefined) return refuse(this.#ask, content, why)
    const held = { [HOLDS]: metadata.annotations?.[HOLDS] ?? '' }
    await finish(this.#ask, content, held, bytesOf(spec.capacity?.storage ?? '0'))
  }

  async #drop({ metadata }: Content): Promise<void> {
    if (!metadata.annotations?.['snapshot.storage.kubernetes.io/volumesnapshot-being-deleted']) return
    const path = `/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents/${metadata.name}`
    await this.#ask('PATCH', path, { metadata: { finalizers: null } }, MERGE)
  }
}
