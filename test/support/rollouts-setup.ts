import type { TestProject } from 'vitest/node'
import { startCluster } from '../../tools/kubernetes/cluster.ts'
import { installRollouts } from '../../tools/rollouts/server.ts'

/** A vitest globalSetup: a control plane of its own with the controller of Argo Rollouts. Answers how to end it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster()
  const controller = await installRollouts(cluster)
  project.provide('kubeconfig', cluster.kubeconfig)
  return async () => {
    await controller.stop()
    await cluster.stop()
  }
}
