import { type Keyring, keyringOf, type PullSecret } from '../oci/keyring.ts'
import type { Cluster } from './connect.ts'
import { refused } from './faults.ts'

/** What of a pod's spec says with which login its images are pulled. */
export interface Puller {
  imagePullSecrets?: { name?: string }[]
  serviceAccountName?: string
}

/** The logins of a pod, and what could not be read of them, in words for people. */
export interface Held {
  keyring: Keyring
  unread: string[]
}

/** The manifest that grants the rights. */
const RIGHTS = 'docs/rbac/images.yaml'
/** More pull secrets of one pod are not read. */
const SECRETS = 10

/**
 * The pull secrets of the pod; where its spec names none, those of its ServiceAccount, as the admission plug-in ServiceAccount
 * fills them in. The kubelet's own credential providers are out of reach. A Secret that is not there counts for nothing, as
 * for the kubelet.
 */
export async function pullSecrets(
  cluster: Cluster,
  namespace: string,
  pod: Puller,
  signal: AbortSignal,
): Promise<Held> {
  const unread: string[] = []
  const get = async <T>(resource: string, name: string): Promise<T | undefined> => {
    const asked = { verb: 'get', resource, namespace, name, rights: RIGHTS } as const
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`
    const answer = await cluster.ask({ method: 'GET', path, signal }, asked)
    if (answer.status === 200) return answer.body as T
    if (answer.status !== 403 && answer.status !== 404) throw refused(answer, asked, cluster.name)
    const singular = resource === 'secrets' ? 'pull secret' : 'ServiceAccount'
    unread.push(
      answer.status === 404 ? `${singular} ${name} is not there` : `${singular} ${name} may not be read (${RIGHTS})`,
    )
    return undefined
  }
  const own = names(pod.imagePullSecrets)
  const account = own.length > 0 ? undefined : pod.serviceAccountName || 'default'
  const granted = account && (await get<Puller>('serviceaccounts', account))
  const wanted = granted ? names(granted.imagePullSecrets) : own
  const secrets = await Promise.all(wanted.slice(0, SECRETS).map((name) => get<PullSecret>('secrets', name)))
  return { keyring: keyringOf(secrets.flatMap((secret) => secret ?? [])), unread }
}

function names(secrets: Puller['imagePullSecrets'] = []): string[] {
  return [...new Set(secrets.flatMap(({ name }) => name || []))]
}
