import type { TestProject } from 'vitest/node'
import { startCluster } from '../../tools/kubernetes/cluster.ts'
import { snapshotDefinitions, startSnapshotController } from '../../tools/snapshot-controller/server.ts'
import { CsiDriverDouble, DRIVER } from '../csi-driver/driver.ts'
import { asAdmin } from '../targets/kubernetes-lab.ts'

/** A vitest globalSetup: a control plane of its own with the snapshot-controller, and a double of a CSI driver. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster()
  await cluster.define(await snapshotDefinitions())
  await cluster.apply(classes())
  const controller = await startSnapshotController(cluster.kubeconfig)
  const driver = new CsiDriverDouble(asAdmin({ kubeconfig: cluster.kubeconfig }))
  driver.start()
  project.provide('kubeconfig', cluster.kubeconfig)
  return async () => {
    await driver.stop()
    await controller.stop()
    await cluster.stop()
  }
}

/** Both ways in which a volume is given a node, and a default class of snapshots. */
function classes(): object[] {
  const storage = (name: string, volumeBindingMode: string) => ({
    ...{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name } },
    ...{ provisioner: DRIVER, volumeBindingMode, reclaimPolicy: 'Delete' },
  })
  const annotations = { 'snapshot.storage.kubernetes.io/is-default-class': 'true' }
  return [
    storage('double', 'Immediate'),
    storage('double-late', 'WaitForFirstConsumer'),
    {
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: DRIVER } },
      spec: { attachRequired: false, podInfoOnMount: false },
    },
    {
      ...{ apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshotClass' },
      ...{ metadata: { name: 'double', annotations }, driver: DRIVER, deletionPolicy: 'Delete' },
    },
    {
      ...{ apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshotClass' },
      ...{ metadata: { name: 'double-kept' }, driver: DRIVER, deletionPolicy: 'Retain' },
    },
  ]
}
