/** What a registry asks for before it answers (RFC 9110 §11.6.1). */
export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service?: string; scope?: string }

/**
 * The first challenge of a WWW-Authenticate header that can be met: Bearer as in the token specification of distribution,
 * or Basic.
 */
export function challengeOf(header: string | undefined): Challenge | undefined {
  const text = (header ?? '').slice(0, 4_000)
  const bearer = /(?:^|,\s*)bearer\s+(.*)$/i.exec(text)
  if (bearer) {
    const { realm, service, scope } = parameters(bearer[1] ?? '')
    if (realm !== undefined) return { scheme: 'bearer', realm, ...(service && { service }), ...(scope && { scope }) }
  }
  return /(?:^|,\s*)basic(?:\s|$)/i.test(text) ? { scheme: 'basic' } : undefined
}

function parameters(text: string): { realm?: string; service?: string; scope?: string } {
  const found = [...text.matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi)]
  return Object.fromEntries(
    found.map(([, key = '', quoted, bare]) => [key.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare]),
  ) as { realm?: string; service?: string; scope?: string }
}
