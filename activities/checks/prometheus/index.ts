import { filledQuery, type PrometheusConnection, type PrometheusQuery } from '../../../model/connections/prometheus.ts'
import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { type Check, defineCheck, type MeasureContext } from '../../../model/measurement.ts'
import type { Verdict } from '../../../model/target.ts'
import { keeps, thresholds } from '../../../model/threshold.ts'
import { askFirst } from '../origin/ask.ts'
import { reasonOf } from '../origin/reasons.ts'
import { type Lookup, resolve } from '../origin/resolve.ts'
import { type Given, readAnswer } from './answer.ts'
import { authorization } from './credentials.ts'
import { PrometheusMeasurement, prometheusKind } from './schema.ts'

const LONGEST = 30_000
/** Clocks of two machines differ by so much without anybody noticing. */
const CLOCK_SKEW = 5_000

/** Measures by one query, and by those that say what its number is worth. */
export const prometheus = prometheusCheck()

/** The same with another resolver. */
export function prometheusCheck(find?: Lookup): Check<typeof PrometheusMeasurement, PrometheusConnection> {
  return defineCheck({
    schema: PrometheusMeasurement,
    measure: async (measurement, context) => {
      const { server, query } = open(measurement, context)
      const asking = await reach(server, measurement, context, find)
      const [number, samples, seen] = await Promise.all(
        [query.query, query.samples, query.seen].map(async (text) => (text === undefined ? undefined : asking(text))),
      )
      if (!number) throw new UnwindError('INTERNAL', `${server.name}: nothing was asked`)
      return judged(measurement, query, { number, samples, seen }, server.name)
    },
  })
}

type Server = NonNullable<MeasureContext<PrometheusConnection>['connection']>

function open(measurement: PrometheusMeasurement, { connection }: MeasureContext<PrometheusConnection>) {
  const name = measurement.server ?? 'prometheus'
  if (connection?.entry.kind !== 'prometheus')
    throw new UnwindError('CONFIGURATION_INVALID', `connection ${name} is not of kind prometheus; correct unwind.yaml`)
  const refused = prometheusKind.refuses?.(measurement, connection.entry)
  const query = connection.entry.queries[measurement.prometheus]
  if (refused || !query)
    throw new UnwindError('CONFIGURATION_INVALID', `${name}: ${refused}; correct this worker's unwind.yaml`)
  return { server: connection, query }
}

/** How to ask this server within the time of the measurement; its name is resolved and its credentials are read once. */
async function reach(
  { name, entry, credentials }: Server,
  { prometheus: query, version, window, timeout }: PrometheusMeasurement,
  { service, environment, signal: stopped }: MeasureContext<PrometheusConnection>,
  find?: Lookup,
): Promise<(text: string) => Promise<Given>> {
  const place = `${name} ${query}`
  const limit = Math.min(LONGEST, milliseconds(timeout))
  const late = AbortSignal.timeout(limit)
  const signal = AbortSignal.any([stopped, late])
  const mapped = (error: unknown): never => {
    if (stopped.aborted) throw stopped.reason
    if (error instanceof UnwindError) throw error
    const { why } = reasonOf(late.aborted ? `no answer within ${readable(limit)}` : error)
    throw new UnwindError('TARGET_UNREACHABLE', `${place}: ${why}; look at Prometheus and the way there`)
  }
  const known = entry.queries[query]
  const values = { service, environment, window: window ?? known?.window ?? '1m', ...(version && { version }) }
  const headers = await authorization(credentials, name)
  const host = new URL(entry.origin).hostname.replace(/^\[|\]$/g, '')
  const addresses = await resolve(host, { name, private: entry.private }, signal, find).catch(mapped)
  return async (text) => {
    const url = new URL(`${entry.path ?? ''}/api/v1/query`, entry.origin)
    url.searchParams.set('query', filledQuery(text, values))
    url.searchParams.set('timeout', `${limit}ms`)
    url.searchParams.set('lookback_delta', String(milliseconds(known?.maxAge ?? '2m') / 1_000))
    const { answer } = await askFirst(addresses, { url, body: true, headers, signal }).catch(mapped)
    return readAnswer(answer, place)
  }
}

interface Answers {
  number: Given
  samples: Given | undefined
  seen: Given | undefined
}

function judged(measurement: PrometheusMeasurement, query: PrometheusQuery, answers: Answers, server: string): Verdict {
  const { number, samples } = answers
  const name = measurement.prometheus
  const known = { connection: server, query: name }
  const facts = {
    ...known,
    ...('value' in number && { value: number.value, at: new Date(number.at).toISOString() }),
    ...(samples && 'value' in samples && { samples: samples.value }),
  }
  const say = (status: Verdict['status'], what: string): Verdict => ({
    status,
    evidence: { summary: `${name}: ${what}`, facts },
  })
  const worthless = whyWorthless(query, answers, Date.now())
  if (worthless) return say('inconclusive', worthless)
  if ('nothing' in number) return say('inconclusive', number.nothing)
  const bounds = thresholds(measurement)
  const kept = bounds.every((bound) => keeps(number.value, bound))
  const wanted = bounds.map(({ text }) => text).join(' and ')
  return say(kept ? 'pass' : 'fail', `${written(number.value)}, wanted ${wanted}`)
}

/** Why the number proves nothing, whatever it is. */
function whyWorthless(query: PrometheusQuery, { number, samples, seen }: Answers, now: number): string | undefined {
  const oldest = now - milliseconds(query.maxAge) - CLOCK_SKEW
  if ('value' in number && number.at < oldest) return `the answer is of ${new Date(number.at).toISOString()}`
  if (samples) {
    if ('nothing' in samples) return `its samples: ${samples.nothing}`
    if (samples.value < query.minSamples)
      return `made from ${written(samples.value)} samples, at least ${query.minSamples} are needed`
  }
  if (!seen) return undefined
  if ('nothing' in seen) return `its newest sample: ${seen.nothing}`
  const at = seen.value * 1_000
  return at < oldest ? `its newest sample is ${readable(Math.max(0, now - at))} old` : undefined
}

function written(value: number): string {
  return String(Number(value.toPrecision(4)))
}
