import { filledQuery } from '../../model/connections/queries.ts'
import type { Surroundings } from './playbook.ts'

/** A metric's name as it is, anything else in parentheses so that a comparison binds to all of it. */
export function promql(query: string): string {
  return /^[A-Za-z_:][A-Za-z0-9_:]*$/.test(query) ? query : `(${query})`
}

/** Text that may stand between double quotes in PromQL, taken literally in a regular expression. */
export function literalPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\\\$&').replaceAll('"', '\\"')
}

/**
 * The PromQL of a measurement: that of its query in the configuration, with its variables filled in. Where the
 * configuration is not known, the name itself, which may be that of a recording rule.
 */
export function queryOf(
  measurement: Readonly<Record<string, unknown>>,
  service: string,
  { connections = {}, environment }: Pick<Surroundings, 'connections' | 'environment'>,
): string {
  const { prometheus: name, server, window, version } = measurement
  const found = Object.entries(connections).find(([connection, entry]) => {
    if (entry.kind !== 'prometheus') return false
    const there = environment === undefined || entry.environment === undefined || entry.environment === environment
    return there && (server === undefined || server === connection) && Object.hasOwn(entry.queries ?? {}, String(name))
  })?.[1].queries?.[String(name)]
  if (typeof found?.query !== 'string') return String(name)
  return filledQuery(found.query, {
    ...{ service, window: typeof window === 'string' ? window : found.window },
    ...(environment !== undefined && { environment }),
    ...(typeof version === 'string' && { version }),
  })
}
