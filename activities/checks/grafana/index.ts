import type { GrafanaAsked, GrafanaConnection, GrafanaQuery } from '../../../model/connections/grafana.ts'
import { filledQuery, type QueryVariable } from '../../../model/connections/queries.ts'
import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { type Check, defineCheck, type MeasureContext } from '../../../model/measurement.ts'
import { openLine } from '../../origin/line.ts'
import type { Lookup } from '../../origin/resolve.ts'
import { judged } from '../query/judge.ts'
import { readAnswer } from './answer.ts'
import { GrafanaMeasurement, grafanaKind } from './schema.ts'

/** Measures by one query to a data source of Grafana, and by those that say what its number is worth; all in one request. */
export const grafana = grafanaCheck()

/** The same with another resolver. */
export function grafanaCheck(find?: Lookup): Check<typeof GrafanaMeasurement, GrafanaConnection> {
  return defineCheck({
    schema: GrafanaMeasurement,
    measure: async (measurement, context) => {
      const { server, query } = open(measurement, context)
      const { grafana: name, version, window = query.window, timeout } = measurement
      const { service, environment, signal } = context
      const place = `${server.name} ${name}`
      const line = await openLine(server, { place, system: 'Grafana', timeout, signal, find })
      const values = { service, environment, window, ...(version && { version }) }
      const now = Date.now()
      const asked = bodyOf(query, values, now)
      const refIds = asked.queries.map(({ refId }) => refId)
      const given = readAnswer(await line.ask('/api/ds/query', {}, asked), place, refIds, now)
      const number = given.get('number')
      if (!number) throw new UnwindError('INTERNAL', `${server.name}: nothing was asked`)
      const answers = { number, samples: given.get('samples'), seen: given.get('seen') }
      return judged({ query: name, connection: server.name, worth: query, bounds: measurement }, answers)
    },
  })
}

function open(measurement: GrafanaMeasurement, { connection }: MeasureContext<GrafanaConnection>) {
  const name = measurement.server ?? 'grafana'
  if (connection?.entry.kind !== 'grafana')
    throw new UnwindError('CONFIGURATION_INVALID', `connection ${name} is not of kind grafana; correct unwind.yaml`)
  const refused = grafanaKind.refuses?.(measurement, connection.entry)
  const query = connection.entry.queries[measurement.grafana]
  if (refused || !query)
    throw new UnwindError('CONFIGURATION_INVALID', `${name}: ${refused}; correct this worker's unwind.yaml`)
  return { server: connection, query }
}

/** https://grafana.com/docs/grafana/latest/developers/http_api/data_source/#query-a-data-source */
function bodyOf(query: GrafanaQuery, values: Partial<Record<QueryVariable, string>>, now: number) {
  const span = Math.max(milliseconds(query.maxAge), milliseconds(values.window ?? query.window))
  const { datasource: uid, query: number, samples, seen } = query
  const queries = Object.entries({ number, samples, seen }).flatMap(([refId, asked]) =>
    asked === undefined ? [] : [{ ...modelOf(asked, values), refId, datasource: { uid }, maxDataPoints: 1 }],
  )
  return { from: String(now - span), to: String(now), queries }
}

/** A text is evaluated once: `instant` is Prometheus's word for it, `queryType` Loki's. */
function modelOf(asked: GrafanaAsked, values: Partial<Record<QueryVariable, string>>): Record<string, unknown> {
  if (typeof asked === 'string')
    return { expr: filledQuery(asked, values), instant: true, range: false, queryType: 'instant' }
  return JSON.parse(filledQuery(JSON.stringify(asked), values)) as Record<string, unknown>
}
