import type { HttpConnection } from '../../../model/configuration.ts'
import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { type Check, defineCheck, type MeasureContext } from '../../../model/measurement.ts'
import type { Verdict } from '../../../model/target.ts'
import { type Answer, ask } from './ask.ts'
import { type Lookup, resolve } from './resolve.ts'
import { HttpMeasurement } from './schema.ts'

const LONGEST = 30_000

/** Measures by one GET. What its users would see as well fails; what only says that nothing was measured is thrown. */
export const http = httpCheck()

/** The same with another resolver. */
export function httpCheck(find?: Lookup): Check<typeof HttpMeasurement, HttpConnection> {
  return defineCheck({
    schema: HttpMeasurement,
    measure: async (measurement, context) => {
      const asked = open(measurement, context)
      const limit = Math.min(LONGEST, milliseconds(measurement.timeout))
      const timeout = AbortSignal.timeout(limit)
      const signal = AbortSignal.any([context.signal, timeout])
      const addresses = await resolve(asked.url.hostname.replace(/^\[|\]$/g, ''), asked, signal, find).catch(
        (error) => {
          throw timeout.aborted && !context.signal.aborted ? unresolved(asked, limit) : error
        },
      )
      const found = await askFirst(addresses, asked.url, measurement, signal).catch((error: unknown) => {
        if (context.signal.aborted) throw context.signal.reason
        return unanswered(timeout.aborted ? `no whole answer within ${readable(limit)}` : error, asked)
      })
      return 'answer' in found ? judged(found.answer, measurement, { ...asked, address: found.address }) : found
    },
  })
}

interface Asking {
  name: string
  private: boolean
  url: URL
  /** How the place is written in evidence: without the query, which may hold what is nobody's business. */
  place: string
}

function open({ http: name, path }: HttpMeasurement, { connection }: MeasureContext<HttpConnection>): Asking {
  const entry = connection?.entry
  if (entry?.kind !== 'http')
    throw new UnwindError('CONFIGURATION_INVALID', `connection ${name} is not of kind http; correct it in unwind.yaml`)
  const url = new URL(path, entry.origin)
  if (url.origin !== new URL(entry.origin).origin)
    throw new UnwindError('TARGET_MISMATCH', `${name}: the path leads away from ${entry.origin}; correct the check`)
  return { name, private: entry.private, url, place: `${name} ${url.pathname}` }
}

/** A name may have addresses that this machine can't use, such as IPv6 ones; the next is tried then. */
async function askFirst(
  addresses: readonly string[],
  url: URL,
  { contains }: HttpMeasurement,
  signal: AbortSignal,
): Promise<{ answer: Answer; address: string }> {
  let last: unknown
  for (const address of addresses) {
    try {
      return { answer: await ask({ url, address, body: contains !== undefined, signal }), address }
    } catch (error) {
      last = error
      if (!NOT_CONNECTED.has(codeOf(error) ?? '')) break
    }
  }
  throw last
}

const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'])
/** The network of this worker, which says nothing about the service. */
const OWN_FAULT = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EMFILE', 'ENFILE'])

function unresolved({ name, url }: Asking, limit: number): UnwindError {
  const message = `${name}: the name ${url.hostname} was not resolved within ${readable(limit)}; see the DNS`
  return new UnwindError('TARGET_UNREACHABLE', message)
}

/** A service that refuses, hangs up, is too slow, speaks something else or has a bad certificate is not healthy. */
function unanswered(error: unknown, { name, place }: Asking): Verdict {
  const code = codeOf(error)
  if (code !== undefined && OWN_FAULT.has(code))
    throw new UnwindError('TARGET_UNREACHABLE', `${name}: this worker has no way there (${code}); see its network`)
  const why = typeof error === 'string' ? error : (WORDS[code ?? ''] ?? `no HTTP answer (${code ?? 'unknown reason'})`)
  return {
    status: 'fail',
    evidence: { summary: `${place}: ${why}`, facts: { connection: name, ...(code && { code }) } },
  }
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

/** Codes are words of Node and OpenSSL; messages may quote what was received. */
function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined
}

function judged(answer: Answer, measurement: HttpMeasurement, asked: Asking & { address: string }): Verdict {
  const took = Math.round(answer.took)
  const facts = { connection: asked.name, address: asked.address, status: answer.status, ms: took }
  const wanted = [measurement.status].flat()
  if (answer.status === 429 && !wanted.includes(429))
    throw new UnwindError('TARGET_UNREACHABLE', `${asked.place}: 429, asked too often; ask less often or let Unwind in`)
  const say = (status: Verdict['status'], what: string): Verdict => ({
    status,
    evidence: { summary: `${asked.place}: ${what}`, facts },
  })
  if (!wanted.includes(answer.status)) {
    const redirect = answer.status >= 300 && answer.status < 400 ? '; redirects are not followed' : ''
    return say('fail', `status ${answer.status}, wanted ${wanted.join(' or ')}${redirect}`)
  }
  const { below, contains } = measurement
  if (below !== undefined && answer.took >= milliseconds(below))
    return say('fail', `status ${answer.status} after ${readable(took)}, wanted in less than ${below}`)
  const missing = contains === undefined ? undefined : lacks(answer, contains)
  if (missing) return say(missing.status, missing.what)
  return say(
    'pass',
    `status ${answer.status} after ${readable(took)}${contains === undefined ? '' : ', with its text'}`,
  )
}

function lacks(answer: Answer, contains: string): { status: Verdict['status']; what: string } | undefined {
  if (answer.encoding !== undefined)
    return { status: 'inconclusive', what: 'the body is compressed although plain text was asked for' }
  if (answer.text.includes(contains)) return undefined
  const wanted = JSON.stringify(contains)
  if (answer.truncated) return { status: 'inconclusive', what: `${wanted} is not in the first 64 KiB of the body` }
  return { status: 'fail', what: `${wanted} is not in the body` }
}
