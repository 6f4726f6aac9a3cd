import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { vaultKv } from '../../activities/targets/vault-kv/index.ts'
import type { Target } from '../../model/target.ts'
import { startVault } from '../../tools/vault-kv/server.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'

type Data = Record<string, unknown>

/** A real Vault, with hands to write secrets. */
export interface VaultLab {
  url: string
  connection: unknown
  /** Makes a secret with these contents, one version each, and answers its path. */
  secret(...contents: Data[]): Promise<string>
  put(path: string, data: Data): Promise<void>
  /** What it holds now, and as which version. */
  read(path: string): Promise<{ data: Data; version: number }>
  /** Any call, with the root token. */
  call(method: string, path: string, body?: object): Promise<unknown>
  step(path: string, more?: object): Record<string, unknown>
  close(): Promise<void>
}

const READER = `path "secret/*" { capabilities = ["read"] }`

export async function openVault(): Promise<VaultLab> {
  const server = await startVault()
  process.env['UNWIND_TEST_VAULT'] = server.token
  const call: VaultLab['call'] = async (method, path, body) => {
    const answer = await fetch(`${server.url}/v1/${path}`, {
      ...{ method, headers: { 'x-vault-token': server.token } },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  }
  const put: VaultLab['put'] = async (path, data) => void (await call('POST', `secret/data/${path}`, { data }))
  return {
    ...{ url: server.url, call, put, close: () => server.stop() },
    connection: await connectTo(server.url),
    secret: async (...contents) => {
      const path = `shop/${randomUUID().slice(0, 8)}`
      for (const data of contents) await put(path, data)
      return path
    },
    read: async (path) => {
      const { data } = (await call('GET', `secret/data/${path}`)) as {
        data: { data: Data; metadata: { version: number } }
      }
      return { data: data.data, version: data.metadata.version }
    },
    step: (secret, more = {}) => ({ kind: 'vault-kv', secret, to: 'previous', ...more }),
  }
}

function connectTo(origin: string, variable = 'UNWIND_TEST_VAULT'): Promise<unknown> {
  return vaultKv.connect({ pin: { origin }, token: { env: variable } }, 'vault')
}

/** Secrets of a real Vault, in each situation that the conformance suite asks for. */
export function vaultFixture(lab: VaultLab): Fixture {
  const { url, call, secret, put, read, step } = lab
  const subject = (path: string): Subject => ({
    step: step(path),
    read: async () => (await read(path)).data,
    version: async () => String((await read(path)).version),
    elsewhere: () => put(path, { key: `somebody else's ${randomUUID()}` }),
    irrelevant: async () => {
      await call('POST', `secret/metadata/${path}`, { custom_metadata: { team: 'payments' } })
      return async () => {
        const { data } = (await call('GET', `secret/metadata/${path}`)) as { data: { custom_metadata?: Data } }
        return data.custom_metadata?.['team'] === 'payments'
      }
    },
  })
  const target = vaultKv as unknown as Target
  return {
    ...{ target, connection: lab.connection },
    arrange: async () =>
      subject(await secret({ key: 'old', url: { port: 1 } }, { key: 'new', url: { port: 2 }, more: [1] })),
    empty: async () => ({ step: step(await secret({ key: 'only' })) }),
    // Vault knows nothing of who manages a secret.
    owned: async () => ({ step: step(await secret({ key: 'old' }, { key: 'new' })) }),
    forbidden: async () => {
      await call('POST', 'sys/policies/acl/reader', { policy: READER })
      const { auth } = (await call('POST', 'auth/token/create', { policies: ['reader'] })) as {
        auth: { client_token: string }
      }
      process.env['UNWIND_TEST_VAULT_READER'] = auth.client_token
      return { connection: await connectTo(url, 'UNWIND_TEST_VAULT_READER'), right: /update on secret\/data\/shop\// }
    },
    unreachable: () => connectTo('http://127.0.0.1:9'),
    secret: async () => {
      const canaries = ['canary-in-the-old-7Qx', 'canary in the new & 2']
      return { subject: subject(await secret({ key: canaries[0] }, { key: { deep: [canaries[1]] } })), canaries }
    },
    proxied: async () => {
      const token = process.env['UNWIND_TEST_VAULT'] ?? ''
      const proxy = await startProxy({
        url: new URL(url),
        options: { headers: { 'x-vault-token': token } },
        isWrite: (method) => method === 'POST',
      })
      const module = fileURLToPath(new URL('../../activities/targets/vault-kv/index.ts', import.meta.url))
      const credentials = { pin: { origin: proxy.url }, token: { env: 'UNWIND_TEST_VAULT' } }
      return { proxy, credentials, module, exported: 'vaultKv' }
    },
  }
}
