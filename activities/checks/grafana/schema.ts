import { z } from 'zod'
import { type GrafanaConnection, textsOf } from '../../../model/connections/grafana.ts'
import { QueryName, whyNoQuery } from '../../../model/connections/queries.ts'
import { defineMeasurement } from '../../../model/measurement.ts'
import { hasBound, queryFields, queryTitle, serverField, STATE_A_BOUND } from '../query/measurement.ts'

export const GrafanaMeasurement = z
  .strictObject({
    grafana: QueryName.describe('A query by the name that the connection has for it.'),
    ...queryFields,
    server: serverField('grafana'),
  })
  .refine(hasBound, STATE_A_BOUND)
  .meta({
    id: 'GrafanaMeasurement',
    title: 'Grafana query',
    description:
      'Asks a data source of Grafana a configured query (/api/ds/query) and compares the number that it gives.',
  })
export type GrafanaMeasurement = z.infer<typeof GrafanaMeasurement>

export const grafanaKind = defineMeasurement({
  schema: GrafanaMeasurement,
  connection: { kind: 'grafana', field: 'server' },
  // Its bound is what is looked out for: { grafana: latency_p99, above: 5s }.
  trigger: () => 'holds',
  title: ({ grafana, ...measurement }) => queryTitle(grafana, measurement),
  refuses: ({ grafana, version }, connection) =>
    whyNoQuery(grafana, version, (connection as GrafanaConnection).queries, textsOf),
})
