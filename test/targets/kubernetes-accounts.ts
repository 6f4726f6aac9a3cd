import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { type Cluster, loadKubeConfig, pinOf } from '../../activities/targets/kubernetes/connect.ts'
import { kubernetes } from '../../activities/targets/kubernetes/index.ts'
import type { Lab } from './kubernetes-lab.ts'

/** The objects of a manifest under docs/rbac. */
export async function manifest(name: string): Promise<object[]> {
  const text = await readFile(new URL(`../../docs/rbac/${name}`, import.meta.url), 'utf8')
  return parseAllDocuments(text).map((document) => document.toJS() as object)
}

/** A connection of a service account, with a real token. */
export async function connectAs(lab: Lab, account: string): Promise<Cluster> {
  const path = await kubeconfigOf(lab, { token: await tokenOf(lab, account) })
  return kubernetes.connect(
    { kubeconfig: path, pin: pinOf(loadKubeConfig({ kubeconfig: path }, account), account) },
    account,
  )
}

/** A token of a service account, good for an hour. */
export async function tokenOf({ ask, namespace }: Lab, account: string): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3_600 } }
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`
  return (await ask<{ status: { token: string } }>('POST', path, body)).status.token
}

/** A kubeconfig for the lab's cluster, or for the server given, that shows this user. Answers its path. */
export async function kubeconfigOf(
  lab: Pick<Lab, 'kubeconfig' | 'folder'>,
  user: object,
  cluster: object = {},
): Promise<string> {
  const { server, caData } = loadKubeConfig({ kubeconfig: lab.kubeconfig }, 'lab').getCurrentCluster() ?? {}
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': caData, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  const path = join(lab.folder, `${randomUUID()}.kubeconfig`)
  await writeFile(path, stringify(config), { mode: 0o600 })
  return path
}
