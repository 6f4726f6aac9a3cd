import { createHash } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { UnwindError } from '../../model/errors.ts'
import type { Transport } from './request.ts'

/** Makes the transport of the next request: reads rotated files and runs credential plug-ins where that is due. */
export type Credentials = (signal: AbortSignal) => Promise<Transport>

/**
 * The credentials of a kubeconfig. The Kubernetes client makes a new agent, and so a new TLS handshake, for each
 * request; here an agent lives as long as the certificates that it was made from.
 */
export function credentialsOf(config: KubeConfig, name: string): Credentials {
  const cluster = config.getCurrentCluster()
  if (cluster?.server.startsWith('http:')) {
    const agent = new http.Agent({ keepAlive: true })
    return async () => ({ agent, headers: {} })
  }
  let kept: { key: string; agent: http.Agent } | undefined
  return async (signal) => {
    const options = await authenticate(config, name, signal)
    const key = fingerprint(options)
    if (kept?.key !== key) {
      // The agent before may still carry a request; its idle sockets end when the server closes them.
      kept = { key, agent: cluster?.proxyUrl ? (options.agent as http.Agent) : keepAlive(options) }
    }
    const basic = options.auth ? { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` } : {}
    return { agent: kept.agent, headers: { ...(options.headers as http.OutgoingHttpHeaders), ...basic } }
  }
}

/** A credential plug-in is a foreign process without a limit of its own, so it is not waited for beyond the request. */
async function authenticate(config: KubeConfig, name: string, signal: AbortSignal): Promise<https.RequestOptions> {
  const options: https.RequestOptions = {}
  try {
    await Promise.race([config.applyToHTTPSOptions(options), aborted(signal)])
    return options
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    // What a plug-in writes on failure may hold credentials, so it is neither quoted nor kept as the cause.
    const plugin = config.getCurrentUser()?.exec?.command as unknown
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const what = typeof plugin === 'string' ? `credential plug-in ${plugin}` : 'credentials of the kubeconfig'
    throw missing
      ? new UnwindError('CONFIGURATION_INVALID', `${name}: the ${what} or a file that they name is not there`)
      : new UnwindError('TARGET_UNREACHABLE', `${name}: the ${what} gave no credentials; run it by hand to see why`)
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function fingerprint({ ca, cert, key, servername }: https.RequestOptions): string {
  const hash = createHash('sha256')
  for (const part of [ca, cert, key, servername])
    hash.update(typeof part === 'string' || Buffer.isBuffer(part) ? part : '').update('\0')
  return hash.digest('hex')
}

function keepAlive({ ca, cert, key, servername }: https.RequestOptions): http.Agent {
  return new https.Agent({
    keepAlive: true,
    maxSockets: 16,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { servername }),
  })
}
