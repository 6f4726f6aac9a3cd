/** Codes with which Node refuses a certificate: another authority's, or for another name. */
const WRONG_SERVER = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** Whether a connection failed because another server answered there, which waiting does not mend. */
export function isWrongServer(code: string): boolean {
  return WRONG_SERVER.has(code)
}
