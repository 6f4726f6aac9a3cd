import type { TestProject } from 'vitest/node'
import { startArgo } from '../../tools/argocd/server.ts'
import { startCluster } from '../../tools/kubernetes/cluster.ts'

/** What the accounts of the tests may do in Argo CD; `reader` can plan and nothing else. */
export const ACCOUNTS = {
  robot: ['applications, *, */*, allow', 'projects, *, *, allow', 'applicationsets, get, */*, allow'],
  reader: ['applications, get, */*, allow', 'projects, get, *, allow'],
  'own-app': ['applications, get, */*, allow', 'applications, sync, */*, allow', 'applications, update, */*, allow'],
}

/** A vitest globalSetup: a control plane of its own with an Argo CD that deploys to it. Answers how to end it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster()
  const argo = await startArgo(cluster, ACCOUNTS)
  project.provide('kubeconfig', cluster.kubeconfig)
  project.provide('argo', { url: argo.url, tokens: argo.tokens })
  return async () => {
    await argo.stop()
    await cluster.stop()
  }
}
