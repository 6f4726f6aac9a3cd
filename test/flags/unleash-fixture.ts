import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { unleash } from '../../activities/targets/unleash/index.ts'
import type { Target } from '../../model/target.ts'
import { startUnleash, type UnleashServer } from '../../tools/unleash/server.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { until } from '../support/until.ts'
import { startProxy } from '../support/conformance-proxy.ts'

/** A real Unleash, and flags in it. */
export interface UnleashLab {
  server: UnleashServer
  target: Target
  connection: unknown
  /** A flag that is on in `production`, with this strategy, or with none. */
  flag(strategy?: object | null): Promise<string>
  step(flag: string, more?: object): Record<string, unknown>
  admin(method: string, path: string, body?: object): Promise<unknown>
  environment(flag: string): Promise<{ enabled: boolean; strategies: { id: string; name: string }[] }>
}

const PRODUCTION = 'production'
const HALF = { name: 'flexibleRollout', parameters: { rollout: '50', stickiness: 'default', groupId: 'cart' } }

function forUser(id: string): object {
  return { ...HALF, constraints: [{ contextName: 'userId', operator: 'IN', values: [id] }] }
}

export async function openUnleash(): Promise<UnleashLab> {
  const server = await startUnleash()
  process.env['UNWIND_TEST_UNLEASH'] = server.token
  const admin: UnleashLab['admin'] = async (method, path, body) => {
    const answer = await fetch(`${server.url}/api/admin/${path}`, {
      method,
      headers: { authorization: server.token, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text && JSON.parse(text)
  }
  await admin('POST', 'tag-types', { name: 'managed-by', description: 'What writes the flag', icon: 'M' })
  const at = (flag: string) => `projects/default/features/${flag}/environments/${PRODUCTION}`
  const flag: UnleashLab['flag'] = async (strategy = HALF) => {
    const name = `cart-${randomUUID().slice(0, 8)}`
    await admin('POST', 'projects/default/features', { name, type: 'release' })
    if (strategy) await admin('POST', `${at(name)}/strategies`, strategy)
    await admin('POST', `${at(name)}/on`)
    return name
  }
  return {
    ...{ server, admin, flag, target: unleash as unknown as Target },
    connection: await connect(server.url),
    step: (name, more = {}) => ({ kind: 'unleash', flag: name, flagEnvironment: PRODUCTION, ...more }),
    environment: (name) =>
      admin('GET', at(name)) as Promise<{ enabled: boolean; strategies: { id: string; name: string }[] }>,
  }
}

function connect(origin: string, variable = 'UNWIND_TEST_UNLEASH'): Promise<unknown> {
  return unleash.connect({ pin: { origin }, token: { env: variable } }, 'unleash')
}

/** Flags of a real Unleash, in each situation that the conformance suite asks for. */
export function unleashFixture(lab: UnleashLab): Fixture {
  const { server, target, connection, flag, step, admin, environment } = lab
  const strategies = (name: string) => `projects/default/features/${name}/environments/${PRODUCTION}/strategies`
  const subject = (name: string): Subject => ({
    step: step(name),
    read: () => environment(name),
    version: async () => {
      const { events } = (await admin('GET', `events/${name}`)) as { events: { id: number }[] }
      return String(events.length)
    },
    elsewhere: async () => {
      await admin('POST', strategies(name), forUser(randomUUID()))
    },
    irrelevant: async () => {
      const path = `projects/default/features/${name}`
      await admin('PUT', path, { description: 'somebody’s words', type: 'release', name })
      return async () => ((await admin('GET', path)) as { description: string }).description === 'somebody’s words'
    },
  })
  return {
    ...{ target, connection, unconditional: true as const },
    arrange: async () => subject(await flag()),
    empty: async () => {
      const name = await flag()
      await admin('POST', `projects/default/features/${name}/environments/${PRODUCTION}/off`)
      return { step: step(name) }
    },
    owned: async () => {
      const name = await flag()
      await admin('POST', `features/${name}/tags`, { type: 'managed-by', value: 'terraform' })
      return { step: step(name), forced: { force: { reason: 'it is down' } } }
    },
    forbidden: async () => {
      process.env['UNWIND_TEST_UNLEASH_VIEWER'] = await viewer(lab)
      return {
        connection: await connect(server.url, 'UNWIND_TEST_UNLEASH_VIEWER'),
        right: /UPDATE_FEATURE_ENVIRONMENT/,
      }
    },
    unreachable: () => connect('http://127.0.0.1:9'),
    secret: async () => {
      const canaries = ['canary-in-user-id-2', 'canary in description & 3']
      const name = await flag(forUser(canaries[0] ?? ''))
      const words = { description: canaries[1], type: 'release', name }
      await admin('PUT', `projects/default/features/${name}`, words)
      return { subject: subject(name), canaries }
    },
    proxied: async () => {
      const proxy = await startProxy({
        url: new URL(server.url),
        options: { headers: { authorization: server.token } },
        isWrite: (method) => method !== 'GET',
      })
      const module = fileURLToPath(new URL('../../activities/targets/unleash/index.ts', import.meta.url))
      const credentials = { pin: { origin: proxy.url }, token: { env: 'UNWIND_TEST_UNLEASH' } }
      return { proxy, credentials, module, exported: 'unleash' }
    },
  }
}

const VIEWER = 3

/** A token of a person who may look and not change. */
async function viewer({ server, admin }: UnleashLab): Promise<string> {
  const [username, password] = [`viewer-${randomUUID().slice(0, 8)}`, `Aa1!${randomUUID()}`]
  await admin('POST', 'user-admin', { username, password, rootRole: VIEWER, sendEmail: false })
  // A session that has just begun is not known at once, and a request with it is then answered with 401.
  return until(
    () => tokenOf(server.url, { username, password }),
    (secret) => secret !== '',
    () => 'Unleash gives the viewer no token',
    20_000,
  )
}

/** A token that whoever signs in so makes; empty when Unleash makes none. */
async function tokenOf(url: string, account: { username: string; password: string }): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const login = await fetch(`${url}/auth/simple/login`, { method: 'POST', headers, body: JSON.stringify(account) })
  const cookie = login.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
  const made = await fetch(`${url}/api/admin/user/tokens`, {
    method: 'POST',
    headers: { ...headers, cookie },
    body: JSON.stringify({ description: `test ${randomUUID()}`, expiresAt }),
  })
  return ((await made.json()) as { secret?: string }).secret ?? ''
}
