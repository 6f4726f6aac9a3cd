import type { PrometheusConnection } from '../../../model/connections/prometheus.ts'
import { filledQuery } from '../../../model/connections/queries.ts'
import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { type Check, defineCheck, type MeasureContext } from '../../../model/measurement.ts'
import { openLine } from '../../origin/line.ts'
import type { Lookup } from '../../origin/resolve.ts'
import { judged } from '../query/judge.ts'
import { readAnswer } from './answer.ts'
import { PrometheusMeasurement, prometheusKind } from './schema.ts'

/** Measures by one query, and by those that say what its number is worth. */
export const prometheus = prometheusCheck()

/** The same with another resolver. */
export function prometheusCheck(find?: Lookup): Check<typeof PrometheusMeasurement, PrometheusConnection> {
  return defineCheck({
    schema: PrometheusMeasurement,
    measure: async (measurement, context) => {
      const { server, query } = open(measurement, context)
      const { prometheus: name, version, window = query.window, timeout } = measurement
      const { service, environment, signal } = context
      const place = `${server.name} ${name}`
      const line = await openLine(server, { place, system: 'Prometheus', timeout, signal, find })
      const values = { service, environment, window, ...(version && { version }) }
      const asking = async (text: string | undefined) => {
        if (text === undefined) return undefined
        const filled = filledQuery(text, values)
        const lookback = String(milliseconds(query.maxAge) / 1_000)
        const limits = { timeout: `${line.limit}ms`, lookback_delta: lookback }
        return readAnswer(await line.ask('/api/v1/query', { query: filled, ...limits }), place)
      }
      const [number, samples, seen] = await Promise.all([query.query, query.samples, query.seen].map(asking))
      if (!number) throw new UnwindError('INTERNAL', `${server.name}: nothing was asked`)
      const asked = { query: name, connection: server.name, worth: query, bounds: measurement }
      return judged(asked, { number, samples, seen })
    },
  })
}

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
