/** The network of this worker, which says nothing about the service. */
const OWN_FAULT = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EMFILE', 'ENFILE'])

/** Why no whole answer came, in words and by its code; `own` where this worker's own network is the reason. */
export function reasonOf(error: unknown): { why: string; code?: string; own: boolean } {
  if (typeof error === 'string') return { why: error, own: false }
  const code = codeOf(error)
  const why = WORDS[code ?? ''] ?? `no HTTP answer (${code ?? 'unknown reason'})`
  return { why, ...(code && { code }), own: code !== undefined && OWN_FAULT.has(code) }
}

/** Codes are words of Node and OpenSSL; messages may quote what was received. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before the answer was whole',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  HPE_HEADER_OVERFLOW: 'its headers are larger than 16 KiB',
}
