import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UnwindError } from '../../model/errors.ts'
import type { Api } from '../context.ts'
import { isOperation, rights } from '../rights.ts'
import { isSigned } from '../triggers/signature.ts'
import { type Caller, callersOf, requireEnvironment, requireVerb } from './callers.ts'
import { isLoopback } from './loopback.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
  interface FastifySchema {
    operationId?: string
  }
}

/**
 * Lets a request in only if the table of rights opens its operation to its caller: who asks before the body is read,
 * where once the request has been understood. A route outside the table makes the process refuse to start.
 */
export function authenticate(app: FastifyInstance, { configuration, grafana }: Api): void {
  const callerOf = callersOf(configuration)
  const tokens = configuration.api.tokens.length > 0
  app.decorateRequest('caller', null)
  app.addHook('onRoute', ({ schema, url }) => {
    if (!isOperation(schema?.operationId) && !isPublic(url))
      throw new Error(`the route ${url} is not in the table of rights`)
  })
  app.addHook('onRequest', async (request) => {
    if (!tokens && !isLoopback(request.socket.remoteAddress ?? '127.0.0.1'))
      throw new UnwindError(
        'FORBIDDEN',
        'without tokens the API answers this machine only; configure api.tokens in unwind.yaml',
      )
    const right = rightOf(request)
    if (right === null) return
    // Its body proves who it is from, and is read later.
    if (right === 'trigger' && grafana && isSigned(request)) return
    const { authorization } = request.headers
    request.caller = callerOf(right === 'trigger' ? fromUrl(authorization) : authorization)
    requireVerb(request.caller, right)
  })
  app.addHook('preHandler', async (request) => {
    const environment = environmentOf(request)
    if (request.caller && environment) requireEnvironment(request.caller, environment)
  })
}

/** The caller of a request behind the door; a route that is open to all has none. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (!caller)
    throw new UnwindError(
      'UNAUTHENTICATED',
      'this operation needs to know who asks; send Authorization: Bearer <token>',
    )
  return caller
}

function rightOf({ routeOptions, is404 }: FastifyRequest) {
  const id = routeOptions.schema?.operationId
  return is404 || !isOperation(id) ? null : rights[id]
}

/**
 * Flagger sends no header of its own, but what stands in a webhook's URL before the host: its password is the token then.
 * Nowhere else, for a browser would send it by itself.
 */
function fromUrl(authorization: string | undefined): string | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,8192})$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return authorization
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  return `Bearer ${text.slice(text.indexOf(':') + 1)}`
}

/** The browsable document holds nothing but the product itself; what it shows is read with a right. */
function isPublic(url: string): boolean {
  return url === '/docs' || url.startsWith('/docs/')
}

function environmentOf({ params, query, body }: FastifyRequest): string | undefined {
  for (const part of [params, body, query]) {
    const environment = (part as { environment?: unknown } | null | undefined)?.environment
    if (typeof environment === 'string') return environment
  }
  return undefined
}
