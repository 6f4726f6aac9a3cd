import type { Condition, Metadata, Selector } from '../objects.ts'

/** The parts of a StatefulSet that say which claims are its own. */
export interface StatefulSet {
  metadata: Metadata
  spec: {
    replicas?: number
    ordinals?: { start?: number }
    selector?: Selector
    template?: { spec?: { terminationGracePeriodSeconds?: number } }
    volumeClaimTemplates?: { metadata?: { name?: string } }[]
    persistentVolumeClaimRetentionPolicy?: { whenScaled?: string; whenDeleted?: string }
  }
  status?: { observedGeneration?: number; readyReplicas?: number; replicas?: number }
}

/** A PersistentVolumeClaim. Its spec can't be changed, but for its size, and its name never (API reference). */
export interface Claim {
  metadata: Metadata & { finalizers?: string[] }
  spec: ClaimSpec
  status?: { phase?: string; capacity?: { storage?: string }; conditions?: Condition[] }
}

export interface ClaimSpec {
  accessModes?: string[]
  resources?: { requests?: { storage?: string } }
  storageClassName?: string
  volumeMode?: string
  volumeName?: string
  volumeAttributesClassName?: string
  dataSource?: unknown
  dataSourceRef?: unknown
}

/** A PersistentVolume. `claimRef` says whom it belongs to; without a uid it is reserved for whoever gets that name. */
export interface Volume {
  metadata: Metadata
  spec: {
    persistentVolumeReclaimPolicy?: string
    claimRef?: { namespace?: string; name?: string; uid?: string }
    capacity?: { storage?: string }
    accessModes?: string[]
    storageClassName?: string
    volumeMode?: string
    csi?: { driver: string }
  }
  status?: { phase?: string }
}

export interface Snapshot {
  metadata: Metadata
  spec: { source: { persistentVolumeClaimName?: string }; volumeSnapshotClassName?: string }
  status?: {
    readyToUse?: boolean
    creationTime?: string
    restoreSize?: string
    boundVolumeSnapshotContentName?: string
    error?: { message?: string; time?: string }
  }
}

export interface SnapshotClass {
  metadata: Metadata
  driver: string
  deletionPolicy: string
}

export interface StorageClass {
  metadata: Metadata
  provisioner: string
  volumeBindingMode?: string
}

export interface Pod {
  metadata: Metadata
  spec?: { nodeName?: string }
  status?: { phase?: string }
}
