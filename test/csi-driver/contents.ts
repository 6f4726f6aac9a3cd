import type { Metadata } from '../../activities/kubernetes/objects.ts'
import type { Lab } from '../targets/kubernetes-lab.ts'

/** What the snapshot-controller makes for each VolumeSnapshot, for the driver to fill in. */
export interface Content {
  metadata: Metadata
  spec: { driver: string; source: { volumeHandle?: string } }
  status?: { readyToUse?: boolean; snapshotHandle?: string; error?: { message?: string } }
}

const MERGE = 'application/merge-patch+json'
const ROOT = '/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents'

export function contentsOf(ask: Lab['ask']): Promise<{ items: Content[] }> {
  return ask('GET', ROOT)
}

/** As csi-snapshotter writes it once CreateSnapshot has answered; `error: null` takes an earlier failure away. */
export async function finish(ask: Lab['ask'], content: Content, annotations: object, bytes: number): Promise<void> {
  const status = {
    snapshotHandle: `snapshot-of-${content.metadata.uid}`,
    readyToUse: true,
    restoreSize: bytes,
    creationTime: Date.now() * 1_000_000,
    error: null,
  }
  await ask('PATCH', `${ROOT}/${content.metadata.name}`, { metadata: { annotations } }, MERGE)
  await write(ask, content, status)
}

/** As csi-snapshotter writes it when CreateSnapshot fails; it tries again later. */
export async function refuse(ask: Lab['ask'], content: Content, why: string): Promise<void> {
  const message = `Failed to create snapshot: rpc error: code = Internal desc = ${why}`
  if (content.status?.error?.message === message) return
  await write(ask, content, { readyToUse: false, error: { message, time: new Date().toISOString() } })
}

async function write(ask: Lab['ask'], { metadata }: Content, status: object): Promise<void> {
  await ask('PATCH', `${ROOT}/${metadata.name}/status`, { status }, MERGE)
}
