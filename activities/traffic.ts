import type { Configuration } from '../model/configuration.ts'
import type { PrometheusConnection } from '../model/connections/prometheus.ts'
import { prometheus } from './checks/prometheus/index.ts'
import { PrometheusMeasurement } from './checks/prometheus/schema.ts'

/** Nobody waits longer for it: a plan without it is as good. Milliseconds. */
const TIMEOUT = 3_000

/**
 * What the service serves now, as one sentence, by the query that a Prometheus of its environment names for that; undefined
 * where none is named, none answers in time, or the number proves nothing. Never throws: it is said beside a plan.
 */
export async function trafficOf(
  { connections, worker }: Pick<Configuration, 'connections' | 'worker'>,
  { service, environment }: { service: string; environment: string },
): Promise<string | undefined> {
  const named = Object.entries(connections).find(
    ([, entry]) => entry.kind === 'prometheus' && entry.environment === environment && entry.traffic,
  )
  if (!named) return undefined
  const [name, entry] = named as [string, PrometheusConnection]
  const query = entry.traffic ?? ''
  const credentials = worker.credentials[name]
  const connection = { name, entry, ...(credentials && { credentials }) }
  try {
    const asked = PrometheusMeasurement.parse({ prometheus: query, atLeast: 0 })
    const signal = AbortSignal.timeout(TIMEOUT)
    const { status, evidence } = await prometheus.measure(asked, { service, environment, connection, signal })
    const value = evidence.facts?.['value']
    if (status !== 'pass' || typeof value !== 'number') return undefined
    return `${service} serves ${Number(value.toPrecision(3))} requests a second now (${name}: ${query})`
  } catch {
    return undefined
  }
}
