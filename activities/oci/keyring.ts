/** A name and a password for a registry. Never kept, never shown. */
export interface Login {
  user: string
  password: string
}

/** The logins of pull secrets, by what they are good for; the most specific first. */
export type Keyring = readonly { key: string; login: Login }[]

/** More entries than pull secrets have. */
const ENTRIES = 200

/** What a Secret of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg holds, still in base64. */
export interface PullSecret {
  data?: { '.dockerconfigjson'?: string; '.dockercfg'?: string }
}

/**
 * The logins that these Secrets hold, sorted as the kubelet does (kubernetes pkg/credentialprovider keyring.go). What can't
 * be read is left out; the kubelet does not pull with it either.
 */
export function keyringOf(secrets: readonly PullSecret[]): Keyring {
  const entries = secrets.flatMap(({ data = {} }) => {
    const config = parsed(data['.dockerconfigjson']) as { auths?: unknown } | undefined
    return [config?.auths, parsed(data['.dockercfg'])].flatMap((auths) => Object.entries(auths ?? {}))
  })
  const found = entries.slice(0, ENTRIES).flatMap(([server, entry]) => {
    const login = loginOf(entry)
    return login ? [{ key: keyOf(server), login }] : []
  })
  return found.toSorted((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0))
}

/** The logins that are good for an image, the most specific first, each once. */
export function loginsFor(keyring: Keyring, registry: string, repository: string): Login[] {
  const matching = keyring.filter(({ key }) => fits(key, registry, repository))
  const hub = registry === 'docker.io' ? keyring.filter(({ key }) => key === 'index.docker.io') : []
  const logins = (matching.length > 0 ? matching : hub).map(({ login }) => login)
  return [...new Map(logins.map((login) => [JSON.stringify(login), login])).values()]
}

function parsed(base64: string | undefined): object | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64 ?? '', 'base64').toString('utf8'))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** `auth` is user:password in base64 and counts before the two fields, as in kubernetes pkg/credentialprovider config.go. */
function loginOf(entry: unknown): Login | undefined {
  const { username, password, auth } = (entry ?? {}) as Record<string, unknown>
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    return colon > 0 ? { user: text.slice(0, colon), password: text.slice(colon + 1) } : undefined
  }
  if (typeof username !== 'string' || typeof password !== 'string' || username === '') return undefined
  return { user: username, password }
}

/** host[:port][/path], without the scheme and without the version of the API that Docker writes there. */
function keyOf(server: string): string {
  const bare = server.replace(/^https?:\/\//, '')
  const slash = bare.indexOf('/')
  if (slash < 0) return bare
  const path = bare.slice(slash).replace(/^\/v[12]\//, '/')
  return path === '/' ? bare.slice(0, slash) : bare.slice(0, slash) + path
}

/** As the kubelet matches: hosts part by part with * and ?, ports equal, paths by prefix. */
function fits(key: string, registry: string, repository: string): boolean {
  const slash = key.indexOf('/')
  const [place, path] = slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash)]
  const [wanted, known] = [splitPort(place), splitPort(registry)]
  if (wanted.port !== known.port || !`/${repository}`.startsWith(path)) return false
  const [globs, parts] = [wanted.host.split('.'), known.host.split('.')]
  return globs.length === parts.length && globs.every((glob, index) => matches(glob, parts[index] ?? ''))
}

function splitPort(place: string): { host: string; port: string } {
  const [host = '', port = ''] = place.split(':')
  return { host, port }
}

function matches(glob: string, part: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${pattern}$`).test(part)
}
