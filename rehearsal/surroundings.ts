import { kinds } from '../activities/schemas.ts'
import { measurements } from '../activities/checks/schemas.ts'
import { Configuration } from '../model/configuration.ts'
import type { Runbook } from '../model/runbook/document.ts'
import { placedSteps } from '../model/runbook/placed.ts'
import { isEngineStep } from '../model/runbook/steps.ts'

/**
 * A configuration in which these runbooks can run in this environment: every connection and every channel that they name is there, and
 * leads nowhere. It has no floor and is not protected.
 */
export function surroundingsOf(runbooks: readonly Runbook[], environment: string): Configuration {
  const base = Configuration.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration' },
    environments: { [environment]: defaults() },
    connections: {},
  })
  const connections = new Map<string, Connected>()
  for (const [name, entry] of runbooks.flatMap((runbook) => connectionsOf(runbook, environment)))
    connections.set(name, { ...entry, queries: { ...connections.get(name)?.queries, ...entry.queries } })
  const channels = runbooks.flatMap(channelsOf)
  return {
    ...base,
    connections: Object.fromEntries(connections) as Configuration['connections'],
    channels: Object.fromEntries(channels.map((name) => [name, { kind: 'log' as const }])),
  }
}

/** The same runs by a configuration of the user's: its floors and names count, and its connections lead nowhere. */
export function withoutWorld(configuration: Configuration): Configuration {
  const { archive: _archive, ...rest } = configuration
  const connections = Object.entries(configuration.connections).map(([name, { taskQueue: _queue, ...entry }]) => [
    name,
    entry,
  ])
  return {
    ...rest,
    connections: Object.fromEntries(connections) as Configuration['connections'],
    worker: { ...configuration.worker, credentials: {}, verifyKeys: [] },
  }
}

/** What steps inherit where nobody says anything else. */
function defaults(): Record<string, string> {
  const names = Object.entries(kinds).flatMap(([kind, { inherits, connection }]) =>
    inherits.map((field) => [field, field === connection ? kind : 'default'] as const),
  )
  return Object.fromEntries(names)
}

interface Connected {
  kind: string
  environment: string
  queries?: Record<string, object>
}

function connectionsOf(runbook: Runbook, environment: string): [string, Connected][] {
  const inherited: Record<string, string> = { ...defaults(), ...runbook.environments?.[environment] }
  return placedSteps(runbook).flatMap(({ step, cluster }): [string, Connected][] => {
    if (isEngineStep(step)) return step.kind === 'check' ? step.all.flatMap((one) => measured(one, environment)) : []
    const field = kinds[step.kind]?.connection ?? ''
    const named = step[field] ?? (field === 'cluster' ? cluster : undefined) ?? inherited[field]
    return [[typeof named === 'string' ? named : step.kind, { kind: step.kind, environment }]]
  })
}

/** Kinds of connections that have queries by name. */
const QUERIED = new Set(['prometheus', 'grafana'])

function measured(measurement: Record<string, unknown>, environment: string): [string, Connected][] {
  const [, kind] = Object.entries(measurements).find(([name]) => Object.hasOwn(measurement, name)) ?? []
  const { connection } = kind ?? {}
  if (!connection) return []
  const { [connection.field]: named = connection.kind } = measurement
  const query = measurement[connection.kind]
  const queries = typeof query === 'string' && QUERIED.has(connection.kind) ? { [query]: { query: 'x' } } : {}
  return [[String(named), { kind: connection.kind, environment, queries }]]
}

/** Every channel that the runbook names, and that its contacts lead to. */
function channelsOf({ contacts = {}, communicate = {}, ...runbook }: Runbook): string[] {
  const steps = placedSteps({ contacts, communicate, ...runbook } as Runbook)
  const named: string[] = [
    ...Object.values(communicate).flatMap((channels) => channels ?? []),
    ...steps.flatMap(({ step }) => (isEngineStep(step) && step.kind === 'notify' ? step.channels : [])),
    ...Object.keys(contacts),
  ]
  return named.map((name) => (Object.hasOwn(contacts, name) ? (contacts[name]?.split(':')[0] ?? name) : name))
}
