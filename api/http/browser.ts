import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UnwindError } from '../../model/errors.ts'
import type { Api } from '../context.ts'
import { hostName, isLoopback } from './loopback.ts'

/**
 * Keeps other sites' pages in a browser on this machine away from the API: a foreign Host is DNS rebinding, a foreign
 * Origin is a page of somebody else's. No CORS header is ever sent.
 */
export function keepOtherSitesOut(app: FastifyInstance, { configuration }: Api): void {
  const own = configuration.api.url ? new URL(configuration.api.url).hostname : undefined
  const local = isLoopback(configuration.api.host)
  app.addHook('onRequest', async (request) => {
    const host = hostName(request.headers.host)
    if (local && !(host && (isLoopback(host) || host === own)))
      throw new UnwindError(
        'FORBIDDEN',
        'the header Host names another host than this one; use localhost, or set api.url in unwind.yaml',
      )
    if (fromAnotherSite(request, own))
      throw new UnwindError(
        'FORBIDDEN',
        'the request comes from a page of another site; use the page of Unwind itself, the CLI, or a token',
      )
  })
}

function fromAnotherSite({ headers }: FastifyRequest, own: string | undefined): boolean {
  const site = headers['sec-fetch-site']
  // A link or a typed address is `none` or a navigation, which only reads; everything else from elsewhere is refused.
  if (site === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate') return true
  const { origin } = headers
  if (origin === undefined) return false
  const name = URL.canParse(origin) ? new URL(origin).hostname : undefined
  return name === undefined || !(name === hostName(headers.host) || name === own)
}
