import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBinary } from '../find.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'

/** A registry of images on 127.0.0.1, in memory: distribution, over http. It ends with this process. */
export interface RegistryServer {
  /** As images name it: 127.0.0.1:5000. */
  readonly host: string
  stop(): Promise<void>
  /** Stops it in its tracks: connections stay open and nothing answers. `resume` lets it go on. */
  pause(): void
  resume(): void
}

/** Whom it lets in; everybody unless given. */
export interface RegistryOptions {
  /** By name and password: lines of a htpasswd file, with bcrypt. */
  htpasswd?: string
  /** By tokens that this server gives out, signed with a key of this set (RFC 7517, as text). */
  token?: { realm: string; service: string; issuer: string; jwks: string }
  /** A certificate and its key (PEM): it is then asked over https. */
  tls?: { certificate: string; key: string }
}

/** Starts one with nothing in it, and resolves once it answers. */
export async function startRegistry(options: RegistryOptions = {}): Promise<RegistryServer> {
  const command = await findBinary('registry')
  const folder = await openStateFolder('registry')
  const config = join(folder.path, 'config.json')
  const server = await startProcess({
    name: 'registry',
    command,
    folder,
    ports: { http: undefined },
    args: ({ http }) => {
      // The address stands in the file only, and the port is known here first.
      writeFileSync(config, JSON.stringify(configuration(options, folder.path, `127.0.0.1:${http}`)), { mode: 0o600 })
      return ['serve', config]
    },
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: ({ http }) => isRegistry(`127.0.0.1:${http}`, options.tls !== undefined),
  })
  return {
    host: `127.0.0.1:${server.ports['http']}`,
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
  }
}

function configuration({ htpasswd, token, tls }: RegistryOptions, folder: string, addr: string): object {
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const auth = {
    ...(htpasswd !== undefined && { htpasswd: { realm: 'registry', path: file('htpasswd', htpasswd) } }),
    ...(token && { token: { ...token, jwks: file('jwks.json', token.jwks) } }),
  }
  const certificate = tls && { certificate: file('tls.crt', tls.certificate), key: file('tls.key', tls.key) }
  return {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { inmemory: {}, delete: { enabled: true } },
    http: { addr, ...(certificate && { tls: certificate }) },
    ...(Object.keys(auth).length > 0 && { auth }),
  }
}

/** It says so of itself, whomever it lets in. Over TLS its certificate is nobody's here, so only that it listens is seen. */
async function isRegistry(host: string, encrypted: boolean): Promise<boolean> {
  const signal = AbortSignal.timeout(2_000)
  // A server of TLS answers to plain HTTP too, with 400.
  const response = await fetch(`http://${host}/v2/`, { signal })
  return encrypted
    ? response.status === 400
    : response.headers.get('docker-distribution-api-version') === 'registry/2.0'
}
