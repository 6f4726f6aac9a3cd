import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { type Cluster, loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { kubernetes } from '../../activities/targets/kubernetes/index.ts'
import type { Lab } from './kubernetes-lab.ts'

/** The objects of a manifest under docs/rbac; `account` takes the place of the name that all of them have. */
export async function manifest(name: string, account?: string): Promise<Manifest[]> {
  const text = await readFile(new URL(`../../docs/rbac/${name}`, import.meta.url), 'utf8')
  const renamed = account ? text.replaceAll(/(?<=^ *name: )unwind-\w+$/gm, account) : text
  return parseAllDocuments(renamed).map((document) => document.toJS() as Manifest)
}

/** An object of such a manifest; only roles have rules. */
export interface Manifest {
  kind: string
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[]
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
  lab: Pick<Lab, 'kubeconfig' | 'context' | 'folder'>,
  user: object,
  cluster: object = {},
): Promise<string> {
  const { kubeconfig, context } = lab
  const known = loadKubeConfig({ kubeconfig, context }, 'lab').getCurrentCluster()
  const { server, caData, caFile, tlsServerName, proxyUrl } = known ?? {}
  const authority = caData ? { 'certificate-authority-data': caData } : { 'certificate-authority': caFile }
  const way = { 'tls-server-name': tlsServerName, 'proxy-url': proxyUrl }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, ...authority, ...(!('server' in cluster) && way), ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  const path = join(lab.folder, `${randomUUID()}.kubeconfig`)
  await writeFile(path, stringify(config), { mode: 0o600 })
  return path
}
