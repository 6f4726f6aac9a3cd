import { createHash } from 'node:crypto'
import { KubeConfig } from '@kubernetes/client-node'
import { z } from 'zod'
import { ImageSettings } from '../../model/connections/images.ts'
import { UnwindError } from '../../model/errors.ts'
import { credentialsOf, type Credentials } from './credentials.ts'
import { type Asked, refused, unreachable } from './faults.ts'
import { certificates, checkPin, serverUrl } from './pin.ts'
import { type Answer, type Request, REQUEST_LIMIT, send } from './request.ts'

/** What `connect` is given: the worker's credentials, and what the shared configuration says they must lead to. */
const ClusterCredentials = z.strictObject({
  kubeconfig: z.string().min(1).optional(),
  context: z.string().min(1).optional(),
  helm: z.string().min(1).optional(),
  pin: z.strictObject({
    server: z.string(),
    caSha256: z.string().optional(),
    clusterUid: z.string().optional(),
    images: ImageSettings.optional(),
  }),
})

/** Where another program finds the same API server and account; paths on the worker, never their contents. */
export interface Login {
  kubeconfig?: string | undefined
  context?: string | undefined
  /** The binary of Helm. */
  helm?: string | undefined
}

/** One API server, as one account. */
export interface Cluster {
  readonly name: string
  readonly server: string
  readonly login: Login
  /** How plans ask the registries of its images; undefined where they are not to. */
  readonly images: ImageSettings | undefined
  /** Any answer, also a refusal. Throws TARGET_UNREACHABLE when none came, TARGET_MISMATCH for a foreign certificate. */
  ask(request: Request, asked: Asked): Promise<Answer>
  /** The body of a success; every other status is thrown as an error of the table. */
  demand(request: Request, asked: Asked): Promise<Answer>
  /**
   * What the cluster is called in a lock: the uid of its namespace kube-system, or a hash of its address where that
   * can't be read. Throws TARGET_MISMATCH when the uid is not the pinned one. Asked once.
   */
  identity(signal: AbortSignal): Promise<string>
}

/**
 * Opens a connection without touching the network. Throws CONFIGURATION_INVALID for a kubeconfig that can't be read or
 * that switches TLS verification off, TARGET_MISMATCH when it leads elsewhere than the pin.
 */
export async function connect(given: unknown, name: string): Promise<Cluster> {
  const { pin, ...where } = ClusterCredentials.parse(given)
  const config = loadKubeConfig(where, name)
  checkPin(config, pin, name)
  return open(config, name, { pinnedUid: pin.clusterUid, login: where, images: pin.images })
}

/** The kubeconfig that credentials name; without a path KUBECONFIG, ~/.kube/config or the pod's own account. */
export function loadKubeConfig(where: { kubeconfig?: string | undefined; context?: string | undefined }, name: string) {
  const config = new KubeConfig()
  try {
    if (where.kubeconfig) config.loadFromFile(where.kubeconfig)
    else config.loadFromDefault()
  } catch (cause) {
    const path = where.kubeconfig ?? 'the default kubeconfig'
    throw new UnwindError('CONFIGURATION_INVALID', `${name}: ${path} can't be read as a kubeconfig`, undefined, {
      cause,
    })
  }
  if (where.context) config.setCurrentContext(where.context)
  if (!config.getCurrentCluster() || !config.getCurrentUser())
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${name}: context ${JSON.stringify(config.getCurrentContext() ?? '')} names no cluster and user of the kubeconfig; there is: ${
        config
          .getContexts()
          .slice(0, 20)
          .map((context) => context.name)
          .join(', ') || 'no context'
      }`,
    )
  return config
}

interface Opening {
  pinnedUid?: string | undefined
  login?: Login
  images?: ImageSettings | undefined
}

/** A cluster behind a kubeconfig that has been checked. */
export function open(config: KubeConfig, name: string, { pinnedUid, login = {}, images }: Opening = {}): Cluster {
  const url = serverUrl(config, name)
  const credentials = credentialsOf(config, name)
  let known: Promise<string> | undefined
  const ask = (request: Request, asked: Asked) => exchange({ name, url, credentials }, request, asked)
  const cluster: Cluster = {
    name,
    server: url.origin,
    login: { ...login, context: nameOfContext(config) },
    images,
    ask,
    demand: async (request, asked) => {
      const answer = await ask(request, asked)
      if (answer.status >= 200 && answer.status < 300) return answer
      throw refused(answer, asked, name)
    },
    identity: (signal) => {
      known ??= identify(cluster, url, pinnedUid, signal).catch((error: unknown) => {
        known = undefined
        throw error
      })
      return known
    },
  }
  return cluster
}

/** Pinned by name, so that another program does not follow a current context that changes. A pod's own account has none. */
function nameOfContext(config: KubeConfig): string | undefined {
  const name = config.getCurrentContext()
  return name === IN_CLUSTER ? undefined : name
}

/** As the client of Kubernetes calls the context that it makes of a pod's own account. */
const IN_CLUSTER = 'inClusterContext'

interface Line {
  name: string
  url: URL
  credentials: Credentials
}

async function exchange(line: Line, request: Request, asked: Asked): Promise<Answer> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(REQUEST_LIMIT)])
  try {
    const transport = await line.credentials(signal)
    return await send(line.url, { ...request, signal }, transport)
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason
    if (error instanceof UnwindError) throw error
    const cause = signal.aborted ? signal.reason : error
    throw unreachable(cause, asked, line.name, line.url.origin)
  }
}

async function identify(cluster: Cluster, url: URL, pinned: string | undefined, signal: AbortSignal): Promise<string> {
  const asked: Asked = { verb: 'get', resource: 'namespaces', name: 'kube-system' }
  const answer = await cluster.ask({ method: 'GET', path: '/api/v1/namespaces/kube-system', signal }, asked)
  if (answer.status === 429 || answer.status >= 500) throw refused(answer, asked, cluster.name)
  const uid = answer.status === 200 ? uidOf(answer.body) : undefined
  if (uid && pinned && uid !== pinned)
    throw new UnwindError(
      'TARGET_MISMATCH',
      `${cluster.name} leads to the cluster ${uid}, but ${pinned} is recorded; correct the kubeconfig or the connection`,
    )
  return uid ?? pinned ?? `server-${createHash('sha256').update(url.href).digest('hex').slice(0, 16)}`
}

function uidOf(body: unknown): string | undefined {
  const metadata = (body as { metadata?: { uid?: unknown } } | undefined)?.metadata
  return typeof metadata?.uid === 'string' ? metadata.uid : undefined
}

/** What to pin this kubeconfig to, without its cluster uid. */
export function pinOf(config: KubeConfig, name: string): { server: string; caSha256?: string } {
  const [authority] = certificates(config)
  return { server: serverUrl(config, name).href.replace(/\/$/, ''), ...(authority && { caSha256: authority }) }
}
