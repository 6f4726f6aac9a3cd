import type { Credentials } from '../../model/connections/credentials.ts'
import { milliseconds, readable } from '../../model/duration.ts'
import { UnwindError } from '../../model/errors.ts'
import { type Answer, askFirst } from './ask.ts'
import { authorization } from './credentials.ts'
import { reasonOf } from './reasons.ts'
import { type Lookup, resolve } from './resolve.ts'

const LONGEST = 30_000

/** A connection that leads to one origin, as a measurement is given it. */
export interface Server {
  name: string
  entry: { origin: string; path?: string | undefined; private: boolean }
  credentials?: Credentials
}

/** How one measurement asks. */
export interface Line {
  /** Milliseconds in which everything must be answered. */
  limit: number
  /** Asks below origin and path of the connection; with a body it is sent as JSON. */
  ask(path: string, query?: Readonly<Record<string, string>>, body?: unknown): Promise<Answer>
}

interface Opening {
  /** What is asked, as errors name it: `metrics error_rate`. */
  place: string
  /** Whose system it is, as errors name it: Prometheus. */
  system: string
  timeout: string
  /** Of the measurement. */
  signal: AbortSignal
  /** The header that a token is sent in; Authorization unless said. */
  tokenHeader?: string | undefined
  find?: Lookup | undefined
}

/**
 * Opens the way to a server for the time of one measurement: its name is resolved and its credentials are read once.
 * Throws TARGET_UNREACHABLE where no answer came in time, TARGET_MISMATCH and CONFIGURATION_INVALID.
 */
export async function openLine({ name, entry, credentials }: Server, opening: Opening): Promise<Line> {
  const { place, system, timeout, signal: stopped, tokenHeader, find } = opening
  const limit = Math.min(LONGEST, milliseconds(timeout))
  const late = AbortSignal.timeout(limit)
  const signal = AbortSignal.any([stopped, late])
  const mapped = (error: unknown): never => {
    if (stopped.aborted) throw stopped.reason
    if (error instanceof UnwindError) throw error
    const { why } = reasonOf(late.aborted ? `no answer within ${readable(limit)}` : error)
    throw new UnwindError('TARGET_UNREACHABLE', `${place}: ${why}; look at ${system} and the way there`)
  }
  const headers = await authorization(credentials, name, tokenHeader)
  const host = new URL(entry.origin).hostname.replace(/^\[|\]$/g, '')
  const addresses = await resolve(host, { name, private: entry.private }, signal, find).catch(mapped)
  return {
    limit,
    async ask(path, query = {}, body) {
      const url = new URL(`${entry.path ?? ''}${path}`, entry.origin)
      for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
      const sent = body === undefined ? {} : { json: JSON.stringify(body) }
      return (await askFirst(addresses, { url, body: true, headers, signal, ...sent }).catch(mapped)).answer
    },
  }
}

/** Throws what a status means that is no answer. `what` says what should have been there: the API of Prometheus. */
export function refuse({ status }: Answer, place: string, { system, what }: { system: string; what: string }): never {
  if (status === 401 || status === 403)
    throw new UnwindError(
      'TARGET_FORBIDDEN',
      `${place}: ${status}; give the worker credentials for it (worker.credentials), or the right to query`,
    )
  if (status === 404 || status === 405 || (status >= 300 && status < 400))
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${place}: ${status}, so there is no ${what}; correct origin and path of the connection`,
    )
  throw new UnwindError('TARGET_UNREACHABLE', `${place}: no result (status ${status}); look at ${system}`)
}

/** What a body holds; undefined where it is no JSON. */
export function jsonOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
