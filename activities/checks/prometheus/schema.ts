import { z } from 'zod'
import { type PrometheusConnection, textsOf } from '../../../model/connections/prometheus.ts'
import { QueryName, whyNoQuery } from '../../../model/connections/queries.ts'
import { defineMeasurement } from '../../../model/measurement.ts'
import { hasBound, queryFields, queryTitle, serverField, STATE_A_BOUND } from '../query/measurement.ts'

export const PrometheusMeasurement = z
  .strictObject({
    prometheus: QueryName.describe('A query by the name that the connection has for it.'),
    ...queryFields,
    server: serverField('prometheus'),
  })
  .refine(hasBound, STATE_A_BOUND)
  .meta({
    id: 'PrometheusMeasurement',
    title: 'Prometheus query',
    description: 'Asks a Prometheus (or what speaks its API) a configured query and compares the number that it gives.',
  })
export type PrometheusMeasurement = z.infer<typeof PrometheusMeasurement>

export const prometheusKind = defineMeasurement({
  schema: PrometheusMeasurement,
  connection: { kind: 'prometheus', field: 'server' },
  // Its bound is what is looked out for: { prometheus: latency_p99, above: 5s }.
  trigger: () => 'holds',
  title: ({ prometheus, ...measurement }) => queryTitle(prometheus, measurement),
  refuses: ({ prometheus, version }, connection) =>
    whyNoQuery(prometheus, version, (connection as PrometheusConnection).queries, textsOf),
})
