import type { ImageSettings } from '../../model/connections/images.ts'
import { UnwindError } from '../../model/errors.ts'
import { type Answer, askFirst } from '../origin/ask.ts'
import { reasonOf } from '../origin/reasons.ts'
import { resolve } from '../origin/resolve.ts'
import { type Challenge, challengeOf } from './challenge.ts'
import type { Login } from './keyring.ts'
import { hostOf } from './reference.ts'

/** One request may take so long. */
const REQUEST_LIMIT = 4_000
/** More redirects are not followed, more logins not tried. */
const HOPS = 3
const LOGINS = 4

/** One repository of a registry, and who asks. */
export interface Repository {
  registry: string
  repository: string
  /** Good for it, the most specific first. */
  logins: readonly Login[]
  settings: ImageSettings
  signal: AbortSignal
}

/** What a registry would not tell, in words that follow `could not be checked:`. */
export class NotTold extends Error {}

/** Asks for a manifest by tag or digest; the answer of a registry that lets the account in. Throws NotTold. */
export type Ask = (how: 'HEAD' | 'GET', reference: string) => Promise<Answer>

/** All forms of manifests that runtimes pull (image-spec v1.1, and Docker's own before it). */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/**
 * The manifests of a repository, by the OCI distribution API. First without a login; then as the registry asks for it, with
 * one login after another. What once let the account in is sent again. Logins go to the registry, and to the token server
 * that it names, over verified TLS only, unless the registry is configured as plain; never along a redirect.
 */
export function manifestsOf(at: Repository): Ask {
  let known: string | undefined
  return async (how, reference) => {
    const url = new URL(`${originOf(at)}/v2/${at.repository}/manifests/${reference}`)
    const first = await follow(how, url, known, at)
    if (first.status !== 401) return answered(first, at)
    for await (const authorization of authorizations(challengeOf(first.headers['www-authenticate']), at)) {
      const answer = await follow(how, url, authorization, at)
      if (answer.status === 401 || answer.status === 403) continue
      known = authorization
      return answered(answer, at)
    }
    throw new NotTold(`${at.registry} lets nobody in with ${who(at)} (401)`)
  }
}

function who({ logins }: Repository): string {
  if (logins.length === 0)
    return 'no login: no pull secret of the pods is good for it, and those of the nodes are not known here'
  return logins.length === 1
    ? 'the login of the pull secrets'
    : `any of the ${logins.length} logins of the pull secrets`
}

function answered(answer: Answer, at: Repository): Answer {
  const { status } = answer
  if (status === 403) throw new NotTold(`${at.registry} forbids ${who(at)} to look at ${at.repository} (403)`)
  if (status === 429) throw new NotTold(`${at.registry} is asked too often (429)`)
  if (status !== 200 && status !== 404) throw new NotTold(`${at.registry} answers ${status}`)
  return answer
}

/** Everything worth trying as Authorization after such a challenge, in order; nothing where no login would help. */
async function* authorizations(challenge: Challenge | undefined, at: Repository): AsyncGenerator<string> {
  const logins = at.logins.slice(0, LOGINS)
  if (challenge?.scheme === 'basic') yield* logins.map(basic)
  if (challenge?.scheme !== 'bearer') return
  for (const login of [...logins, undefined]) {
    const token = await tokenFor(challenge, login, at)
    if (token !== undefined) yield `Bearer ${token}`
  }
}

function basic({ user, password }: Login): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** By GET, as in the token specification of distribution; undefined where the token server refuses this login. */
async function tokenFor(
  { realm, service }: Extract<Challenge, { scheme: 'bearer' }>,
  login: Login | undefined,
  at: Repository,
): Promise<string | undefined> {
  if (!URL.canParse(realm)) throw new NotTold(`${at.registry} names no token server`)
  const url = new URL(realm)
  if (service) url.searchParams.set('service', service)
  // Not the scope that the registry asks for: no more than this is needed, whatever it says.
  url.searchParams.set('scope', `repository:${at.repository}:pull`)
  const answer = await once('GET', url, login && basic(login), at)
  if (answer.status >= 500 || answer.status === 429)
    throw new NotTold(`the token server of ${at.registry} (${url.host}) answers ${answer.status}`)
  if (answer.status !== 200) return undefined
  const { token, access_token: access } = json(answer) as { token?: unknown; access_token?: unknown }
  const found = token ?? access
  return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined
}

/** What a body holds; an empty object where it is none. */
export function json({ text }: Answer): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** Some registries hand on to another host, which gets no login: it has given none out. */
async function follow(how: 'HEAD' | 'GET', start: URL, authorization: string | undefined, at: Repository) {
  let url = start
  for (let hop = 0; hop <= HOPS; hop++) {
    const answer = await once(how, url, url.origin === start.origin ? authorization : undefined, at)
    if (url.origin !== start.origin && (answer.status === 401 || answer.status === 403))
      throw new NotTold(`${at.registry} hands on to ${url.host}, which wants a login of its own`)
    const { location } = answer.headers
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer
    if (!URL.canParse(location, url.href)) break
    url = new URL(location, url)
  }
  throw new NotTold(`${at.registry} leads from one place to the next and to no manifest`)
}

async function once(how: 'HEAD' | 'GET', url: URL, authorization: string | undefined, at: Repository): Promise<Answer> {
  refuseOpen(url, at)
  const late = AbortSignal.timeout(REQUEST_LIMIT)
  const signal = AbortSignal.any([at.signal, late])
  const headers = { accept: MANIFESTS, ...(authorization !== undefined && { authorization }) }
  try {
    const addresses = await resolve(url.hostname.replace(/^\[|\]$/g, ''), permitted(at), signal)
    const asked = { url, headers, signal, body: how === 'GET', ...(how === 'HEAD' && { head: true as const }) }
    return (await askFirst(addresses, asked)).answer
  } catch (error) {
    if (error instanceof UnwindError) throw new NotTold(error.message)
    const { why } = reasonOf(signal.aborted ? 'no answer in time' : error)
    throw new NotTold(`${url.host}: ${why}`)
  }
}

/** A login over http could be read by whoever is on the way, and its answer made up. */
function refuseOpen(url: URL, at: Repository): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && at.settings.plain.includes(at.registry))) return
  throw new NotTold(`${at.registry} leads to ${url.protocol}//${url.host}, and only https is taken`)
}

function originOf({ registry, settings }: Repository): string {
  return `${settings.plain.includes(registry) ? 'http' : 'https'}://${hostOf(registry)}`
}

function permitted({ registry, settings }: Repository) {
  const named = settings.private.includes(registry) || settings.plain.includes(registry)
  return { name: registry, private: named, setting: `images.private: [${registry}] at the connection of the cluster` }
}
