import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject } from '@kubernetes/client-node'
import { parseAllDocuments } from 'yaml'
import { startCluster } from '../../tools/kubernetes/cluster.ts'
import { until } from '../../tools/wait.ts'
import { usage } from '../exit.ts'
import { confirm } from '../terminal.ts'
import { type Account, type Hands, openHands } from './kubernetes.ts'
import type { Narrator } from './narrator.ts'
import { type Ground, OWN } from './shop.ts'

/** A cluster to play in, with a namespace and an account for the worker. */
export interface Playground extends Ground {
  readonly hands: Hands
  /** The worker's account, with the rights of docs/rbac/operator.yaml and no others. */
  readonly account: Account
  /** The operator's role and what belongs to it. */
  readonly rights: KubernetesObject[]
  /** Path of the kubeconfig that the operator uses. */
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Takes away whatever the demo has made. */
  clear(): Promise<void>
}

export interface ClusterChoice {
  kubeconfig?: string
  context?: string
  yes?: boolean
}

/** Starts a control plane of the demo's own. */
export async function ownPlayground({ tell }: Narrator): Promise<Playground> {
  const cluster = await startCluster()
  const hands = openHands(cluster.kubeconfig, undefined)
  tell('A Kubernetes control plane is up (real API server, controllers and scheduler; the nodes are simulated).')
  const place = { namespace: 'shop', real: false, kubeconfig: cluster.kubeconfig, context: undefined }
  return furnish({ ...place, hands, clear: () => cluster.stop() })
}

/** Uses the reader's cluster, after asking, in a namespace of the demo's own. */
export async function readersPlayground(
  { kubeconfig, context, yes }: ClusterChoice,
  { tell, terminal }: Narrator,
): Promise<Playground> {
  const hands = openHands(kubeconfig, context)
  const namespace = 'unwind-demo'
  const self = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  terminal.say(`\nThe demo would use the cluster ${hands.server} (context ${hands.context}).`)
  terminal.say(
    `It makes the namespace ${namespace} with three small Deployments and an account for the worker, and deletes the namespace at its end.`,
  )
  if (!yes && !terminal.interactive) throw usage('Without a terminal, agree with --yes.')
  if (!yes && !(await confirm('Go on?'))) throw usage('Nothing was touched.')
  const there = await hands.read(self)
  if (there && there.metadata?.labels?.['app.kubernetes.io/managed-by'] !== OWN['app.kubernetes.io/managed-by'])
    throw usage(`The namespace ${namespace} is there already and not of the demo's making; delete or rename it first.`)
  tell(`Using the cluster ${hands.server}.`)
  const clear = () => hands.delete(self)
  return furnish({ namespace, real: true, kubeconfig, context, hands, clear })
}

/** A folder that is deleted at the end, for configuration, logs and the worker's kubeconfig. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'unwind-demo-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

async function furnish(place: Omit<Playground, 'account' | 'rights'>): Promise<Playground> {
  const { namespace, hands } = place
  const account = { namespace, name: 'unwind-operator' }
  try {
    const rights = await operatorRights(namespace)
    await hands.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: OWN } }])
    await hands.apply(rights)
    await until('the rights of the worker', () => hands.may(account, 'patch', DEPLOYMENTS), { within: 15_000 })
    return { ...place, account, rights }
  } catch (error) {
    await place.clear()
    throw error
  }
}

export const DEPLOYMENTS = { group: 'apps', resource: 'deployments' } as const

/** The manifests that people apply themselves; beside the sources and beside `dist` alike. */
async function operatorRights(namespace: string): Promise<KubernetesObject[]> {
  const inSource = new URL('../../docs/rbac/operator.yaml', import.meta.url)
  const inDist = new URL('../../../docs/rbac/operator.yaml', import.meta.url)
  const text = await readFile(inSource, 'utf8').catch(() => readFile(inDist, 'utf8'))
  return parseAllDocuments(text).map((document) => {
    const object = document.toJS() as KubernetesObject & { subjects?: object[] }
    const subjects = object.subjects?.map((subject) => ({ ...subject, namespace }))
    return { ...object, metadata: { ...object.metadata, namespace }, ...(subjects && { subjects }) }
  })
}
