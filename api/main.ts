import { readSecret, readSigningKey } from '../config/keys.ts'
import { type TemporalPlace, temporalPlace } from '../config/temporal.ts'
import type { Configuration } from '../model/configuration.ts'
import { UnwindError } from '../model/errors.ts'
import { buildApi } from './app.ts'
import { isLoopback } from './http/loopback.ts'
import { connectLazily, type TemporalClient } from './temporal/connect.ts'

/** How long answers that are under way may take once the process was told to stop, in milliseconds. */
const GRACE = 10_000

/** An API that listens. */
export interface RunningApi {
  /** Where it is reached on this machine. */
  url: string
  /** Lets answers that are under way end, at most 10 s, and closes everything. */
  close(): Promise<void>
}

/** Runs the API until it is told to stop (SIGINT, SIGTERM). Starts without Temporal, and answers 503 until that is there. */
export async function startApi(configuration: Configuration): Promise<void> {
  const api = await listen(configuration)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  await api.close()
}

/** Opens the API at the configured host and port. Throws CONFIGURATION_INVALID. */
export async function listen(
  configuration: Configuration,
  { place = temporalPlace(), log = true }: { place?: TemporalPlace; log?: boolean } = {},
): Promise<RunningApi> {
  const { host, port, tokens, signingKey: path } = configuration.api
  if (tokens.length === 0 && !isLoopback(host))
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `api.host is ${host}, but no api.tokens are configured: without them the API listens on this machine only. ` +
        'Make a token with `unwind token`, or set api.host to 127.0.0.1',
    )
  const signingKey = path ? await readSigningKey(path) : undefined
  const grafana = await grafanaSecret(configuration)
  const temporal = connectLazily(place)
  const app = buildApi({ configuration, ...temporal, signingKey, grafana, log })
  if (!signingKey)
    app.log.warn('api.signingKey is not set: approvals and decisions but retry and pause will be refused')
  try {
    const url = await app.listen({ host, port })
    return { url, close: () => close(app, temporal) }
  } catch (error) {
    await close(app, temporal)
    throw listenProblem(error, host, port)
  }
}

async function grafanaSecret({ api: { grafana } }: Configuration) {
  if (!grafana) return undefined
  const { secret, timestampHeader } = grafana
  return { secret: await readSecret(secret), timestampHeader }
}

async function close(app: ReturnType<typeof buildApi>, temporal: TemporalClient): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), GRACE)
  await app.close().finally(() => clearTimeout(timer))
  await temporal.close()
}

function listenProblem(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why: Record<string, string> = {
    EADDRINUSE: 'something listens there already',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'this host name is not known',
  }
  if (!why[code]) return error
  return new UnwindError(
    'CONFIGURATION_INVALID',
    `the API cannot listen on ${host}:${port}: ${why[code]}; change api.host or api.port`,
    undefined,
    { cause: error },
  )
}
