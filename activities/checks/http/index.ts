import type { HttpConnection } from '../../../model/configuration.ts'
import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { type Check, defineCheck, type MeasureContext } from '../../../model/measurement.ts'
import type { Verdict } from '../../../model/target.ts'
import { type Answer, askFirst } from '../../origin/ask.ts'
import { reasonOf } from '../../origin/reasons.ts'
import { type Lookup, resolve } from '../../origin/resolve.ts'
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
      const found = await askFirst(addresses, {
        ...{ url: asked.url, body: measurement.contains !== undefined, signal },
      }).catch((error: unknown) => {
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

function unresolved({ name, url }: Asking, limit: number): UnwindError {
  const message = `${name}: the name ${url.hostname} was not resolved within ${readable(limit)}; see the DNS`
  return new UnwindError('TARGET_UNREACHABLE', message)
}

/** A service that refuses, hangs up, is too slow, speaks something else or has a bad certificate is not healthy. */
function unanswered(error: unknown, { name, place }: Asking): Verdict {
  const { why, code, own } = reasonOf(error)
  if (own)
    throw new UnwindError('TARGET_UNREACHABLE', `${name}: this worker has no way there (${code}); see its network`)
  return {
    status: 'fail',
    evidence: { summary: `${place}: ${why}`, facts: { connection: name, ...(code && { code }) } },
  }
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
