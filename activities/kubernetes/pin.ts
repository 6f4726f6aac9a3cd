import { createHash, X509Certificate } from 'node:crypto'
import { bufferFromFileOrString, type KubeConfig } from '@kubernetes/client-node'
import { UnwindError } from '../../model/errors.ts'

/** What the shared configuration says a connection must lead to. */
export interface Pin {
  server: string
  caSha256?: string | undefined
  clusterUid?: string | undefined
}

/**
 * Refuses a kubeconfig that leads elsewhere than the configuration says: an operator's current context is the oldest
 * way to roll back the wrong cluster. Throws TARGET_MISMATCH, or CONFIGURATION_INVALID for what can't be checked.
 */
export function checkPin(config: KubeConfig, pin: Pin, name: string): void {
  const server = serverUrl(config, name).href
  if (server !== new URL(pin.server).href)
    throw new UnwindError(
      'TARGET_MISMATCH',
      `${name} is recorded as ${pin.server}, but its kubeconfig leads to ${server}; correct the one that is wrong`,
    )
  if (!pin.caSha256) return
  const found = certificates(config)
  if (found.includes(pin.caSha256)) return
  const what = found.length > 0 ? `has ${found.slice(0, 5).join(', ')}` : 'has none'
  throw new UnwindError(
    'TARGET_MISMATCH',
    `${name} is recorded with the certificate authority ${pin.caSha256}, but its kubeconfig ${what}; if the authority was renewed, pin the new one`,
  )
}

/** The API server of the current context. Plain HTTP is taken on loopback only, and verification can't be switched off. */
export function serverUrl(config: KubeConfig, name: string): URL {
  const cluster = config.getCurrentCluster()
  if (!cluster || !URL.canParse(cluster.server))
    throw new UnwindError('CONFIGURATION_INVALID', `${name}: the kubeconfig names no address of an API server`)
  if (cluster.skipTLSVerify)
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${name}: the kubeconfig sets insecure-skip-tls-verify; give the certificate-authority of ${cluster.server} instead`,
    )
  const url = new URL(cluster.server)
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) return url
  throw new UnwindError('CONFIGURATION_INVALID', `${name}: ${cluster.server} is not https, and not on this machine`)
}

/** sha256 of the DER of each certificate in the context's authority, in the order of the file. */
export function certificates(config: KubeConfig): string[] {
  const cluster = config.getCurrentCluster()
  const pem = bufferFromFileOrString(cluster?.caFile, cluster?.caData)?.toString('utf8') ?? ''
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  return blocks.slice(0, 50).map((block) => createHash('sha256').update(new X509Certificate(block).raw).digest('hex'))
}
