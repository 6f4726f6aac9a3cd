import { prometheusCheck } from '../../activities/checks/prometheus/index.ts'
import { PrometheusMeasurement } from '../../activities/checks/prometheus/schema.ts'
import { Connection } from '../../model/configuration.ts'
import type { Credentials } from '../../model/connections/credentials.ts'
import type { PrometheusConnection } from '../../model/connections/prometheus.ts'

export interface Asked {
  entry?: object
  query?: object
  credentials?: Credentials
  signal?: AbortSignal
}

/** One measurement of the query `errors` at an origin, for the service `shop` in `test`. */
export function ask(origin: string, fields: object = {}, { entry, query, credentials, signal }: Asked = {}) {
  const connection = Connection.parse({
    ...{ kind: 'prometheus', environment: 'test', origin, private: true },
    queries: { errors: { query: 'errors{service="{{ service }}"}', ...query } },
    ...entry,
  })
  return prometheusCheck().measure(PrometheusMeasurement.parse({ prometheus: 'errors', below: '1%', ...fields }), {
    ...{ service: 'shop', environment: 'test', signal: signal ?? new AbortController().signal },
    connection: {
      ...{ name: 'metrics', entry: connection as PrometheusConnection },
      ...(credentials && { credentials }),
    },
  })
}
