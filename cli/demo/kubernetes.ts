import { writeFile } from 'node:fs/promises'
import {
  ApiException,
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Pod,
} from '@kubernetes/client-node'

/** What the demo itself does in a cluster, as whoever runs it. What Unwind does, the worker does as its own account. */
export interface Hands {
  readonly server: string
  readonly context: string
  /** Server-side apply, one after the other. */
  apply(objects: readonly KubernetesObject[]): Promise<void>
  read(object: Header): Promise<KubernetesObject | undefined>
  delete(object: Header): Promise<void>
  pods(namespace: string, selector: string): Promise<V1Pod[]>
  /** Whether an account may do this now. */
  may(account: Account, verb: string, resource: { group: string; resource: string }): Promise<boolean>
  /** Writes a kubeconfig with a token of an account, good for some hours. Answers its path. */
  kubeconfigFor(account: Account, path: string): Promise<string>
}

export interface Account {
  namespace: string
  name: string
}

type Header = { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } }

const MANAGER = 'unwind-demo'

/** Opens the cluster of a kubeconfig (default: the usual one) without touching it. */
export function openHands(kubeconfig: string | undefined, context: string | undefined): Hands {
  const config = new KubeConfig()
  if (kubeconfig) config.loadFromFile(kubeconfig)
  else config.loadFromDefault()
  if (context) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (!cluster)
    throw new Error(
      `context ${config.getCurrentContext() || '(none)'} names no cluster in the kubeconfig; choose one with --context`,
    )
  const objects = KubernetesObjectApi.makeApiClient(config)
  const core = config.makeApiClient(CoreV1Api)
  return {
    server: cluster.server,
    context: config.getCurrentContext(),
    apply: async (wanted) => {
      for (const object of wanted)
        await objects.patch(object, undefined, undefined, MANAGER, true, PatchStrategy.ServerSideApply)
    },
    read: (object) => objects.read(object).catch(absent),
    delete: async (object) => {
      await objects.delete(object).catch(absent)
    },
    pods: async (namespace, labelSelector) =>
      (await core.listNamespacedPod({ namespace, labelSelector, limit: 100 })).items,
    may: (account, verb, resource) => may(config.makeApiClient(AuthorizationV1Api), account, verb, resource),
    kubeconfigFor: async ({ namespace, name }, path) => {
      const spec = { audiences: [], expirationSeconds: 4 * 3_600 }
      const { status } = await core.createNamespacedServiceAccountToken({ namespace, name, body: { spec } })
      await writeFile(path, written(cluster, name, status?.token ?? ''), { mode: 0o600 })
      return path
    },
  }
}

async function may(
  api: AuthorizationV1Api,
  { namespace, name }: Account,
  verb: string,
  resource: { group: string; resource: string },
): Promise<boolean> {
  const user = `system:serviceaccount:${namespace}:${name}`
  const body = { spec: { user, resourceAttributes: { namespace, verb, ...resource } } }
  return (
    (await api.createNamespacedLocalSubjectAccessReview({ namespace, body: { metadata: { namespace }, ...body } }))
      .status?.allowed === true
  )
}

function written(
  cluster: NonNullable<ReturnType<KubeConfig['getCurrentCluster']>>,
  name: string,
  token: string,
): string {
  const { server, caData, caFile, tlsServerName, proxyUrl } = cluster
  const entry = {
    server,
    ...(caData && { 'certificate-authority-data': caData }),
    ...(caFile && { 'certificate-authority': caFile }),
    ...(tlsServerName && { 'tls-server-name': tlsServerName }),
    ...(proxyUrl && { 'proxy-url': proxyUrl }),
  }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: entry }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  })
}

function absent(error: unknown): undefined {
  if (error instanceof ApiException && error.code === 404) return undefined
  throw error
}
