import type { TestProject } from 'vitest/node'
import { startCluster } from '../../tools/kubernetes/cluster.ts'

/** A vitest globalSetup: one Kubernetes control plane for the whole run. Answers how to end it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster()
  project.provide('kubeconfig', cluster.kubeconfig)
  project.provide('clusterCaSha256', cluster.caSha256)
  return () => cluster.stop()
}
