import { findBinary } from '../find.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'

/** A Vault on 127.0.0.1 with KV version 2 at secret/, in memory. It ends with this process. */
export interface VaultServer {
  readonly url: string
  /** A token that may do everything. */
  readonly token: string
  stop(): Promise<void>
}

/** Starts one with nothing in it, and resolves once it is unsealed. */
export async function startVault(): Promise<VaultServer> {
  const command = await findBinary('vault-kv')
  const folder = await openStateFolder('vault-kv')
  const token = 'root-of-a-test'
  const server = await startProcess({
    name: 'vault-kv',
    command,
    folder,
    ports: { http: undefined },
    args: ({ http }) => ['--address', `127.0.0.1:${http}`, '--token', token],
    ready: ({ http }) => isUnsealed(`http://127.0.0.1:${http}`),
  })
  return {
    url: `http://127.0.0.1:${server.ports['http']}`,
    token,
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
  }
}

async function isUnsealed(url: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/sys/health`, { signal: AbortSignal.timeout(2_000) })
  return response.ok && ((await response.json()) as { sealed?: boolean }).sealed === false
}
