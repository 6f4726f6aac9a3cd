import { kinds } from '../../activities/schemas.ts'
import { buildApi } from '../../api/app.ts'
import { sha256 } from '../../api/digest.ts'
import type { ApiOptions } from '../../api/context.ts'
import type { App } from '../../api/http/app-type.ts'
import type { ProblemDocument } from '../../api/schemas/problem.ts'
import { connectLazily } from '../../api/temporal/connect.ts'
import type { WatchLimits } from '../../api/watch/watches.ts'
import type { Configuration, Token } from '../../model/configuration.ts'
import { memoryConfiguration, privateKey } from '../support/engine.ts'
import { memoryKind } from '../support/memory-target.ts'

export interface OpenOptions {
  /** host:port of Temporal. */
  address: string
  configuration?: Configuration
  tokens?: Partial<Token & { text: string }>[]
  api?: Partial<Configuration['api']>
  unsigned?: boolean
  namespace?: string
  watchLimits?: WatchLimits
  hookLimit?: number
  runbooks?: ApiOptions['runbooks']
  grafana?: ApiOptions['grafana']
}

export interface Answer<Body> {
  status: number
  headers: Record<string, unknown>
  body: Body
}

/** An API in this process, with the kinds of the product and the one of the system in memory. */
export interface OpenApi {
  app: App
  configuration: Configuration
  call<Body = ProblemDocument>(
    method: string,
    url: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>
  close(): Promise<void>
}

export function openApi(options: OpenOptions): OpenApi {
  const base = options.configuration ?? memoryConfiguration()
  const tokens = (options.tokens ?? []).map(tokenOf)
  const configuration = { ...base, api: { ...base.api, ...options.api, ...(tokens.length > 0 && { tokens }) } }
  const temporal = connectLazily({
    connectionOptions: { address: options.address },
    namespace: options.namespace ?? 'default',
  })
  const app = buildApi({
    configuration,
    ...temporal,
    kinds: { ...kinds, memory: memoryKind } as unknown as typeof kinds,
    ...(!options.unsigned && { signingKey: privateKey }),
    ...(options.runbooks && { runbooks: options.runbooks }),
    ...(options.grafana && { grafana: options.grafana }),
    ...(options.watchLimits && { watchLimits: options.watchLimits }),
    ...(options.hookLimit !== undefined && { hookLimit: options.hookLimit }),
  })
  return {
    app,
    configuration,
    call: (method, url, body, headers) => call(app, method, url, body, headers),
    async close() {
      await app.close()
      await temporal.close()
    },
  }
}

/** The header that a caller with this token sends. */
export function bearer(text: string): { authorization: string } {
  return { authorization: `Bearer ${text}` }
}

async function call<Body>(
  app: App,
  method: string,
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  const answer = await app.inject({
    method: method as 'GET',
    url,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const json = String(answer.headers['content-type']).includes('json')
  return { status: answer.statusCode, headers: answer.headers, body: (json ? answer.json() : answer.body) as Body }
}

function tokenOf({ text = 'secret', ...token }: Partial<Token & { text: string }>): Token {
  return { subject: 'alice', sha256: sha256(text), groups: ['sre'], verbs: ['admin'], environments: ['*'], ...token }
}
