import type { MeasurementKinds } from '../measurement.ts'
import { type Threshold, thresholds } from '../threshold.ts'
import type { Runbook } from './document.ts'
import { misnamed, type RunbookProblem } from './problem.ts'

/** What is known of what can be measured. */
export interface Measuring {
  measurements: MeasurementKinds
  /** Every connection of the configuration, by name. */
  connections: Readonly<Record<string, { kind: string; environment: string }>>
  /** Names of the environments of the configuration. */
  environments: readonly string[]
}

/** Bounds that no number can keep at the same time. */
export function boundProblems(written: Readonly<Record<string, unknown>>, path: PropertyKey[]): RunbookProblem[] {
  const bounds = boundsOf(written)
  const low = most(
    bounds.filter(({ operator }) => operator.startsWith('>')),
    1,
  )
  const high = most(
    bounds.filter(({ operator }) => operator.startsWith('<')),
    -1,
  )
  if (!low || !high || low.value < high.value) return []
  if (low.value === high.value && low.operator === '>=' && high.operator === '<=') return []
  return [{ path: [...path, FIELDS[high.operator]], message: `nothing is ${low.text} and ${high.text}` }]
}

const FIELDS = { '>': 'above', '<': 'below', '>=': 'atLeast', '<=': 'atMost' } as const

/** The tightest of several bounds on one side. */
function most(bounds: readonly Threshold[], sign: 1 | -1): Threshold | undefined {
  return bounds.toSorted((a, b) => sign * (b.value - a.value) || a.operator.length - b.operator.length)[0]
}

/** A bound may still be a template. */
function boundsOf(written: Readonly<Record<string, unknown>>): Threshold[] {
  try {
    return thresholds(written)
  } catch {
    return []
  }
}

/**
 * Why a measurement can't be made in each environment where the runbook may run: the connection is not there, is of
 * another kind or belongs elsewhere, or does not know the query. Nothing where the surroundings are not known.
 */
export function measurementProblems(
  { environments }: Pick<Runbook, 'environments'>,
  written: Readonly<Record<string, unknown>>,
  path: PropertyKey[],
  { measuring }: { measuring?: Measuring | undefined },
  only?: string,
): RunbookProblem[] {
  const name = Object.keys(measuring?.measurements ?? {}).find((key) => Object.hasOwn(written, key))
  const kind = name === undefined ? undefined : measuring?.measurements[name]
  if (!measuring || !kind?.connection || name === undefined) return []
  const { field, kind: asked } = kind.connection
  const named = written[field]
  if (isTemplate(named)) return []
  const places = only === undefined ? Object.keys(environments ?? {}) : [only]
  const known = places.length > 0 ? places : measuring.environments
  const found = known
    .filter((place) => measuring.environments.includes(place))
    .flatMap((place) => {
      const met = typeof named === 'string' ? namedIn(named, asked, place, measuring) : onlyIn(asked, place, measuring)
      if ('message' in met) {
        const hint = places.length > 0 ? '' : '; say under environments where the runbook runs'
        return [{ path: typeof named === 'string' ? [...path, field] : path, message: `${met.message}${hint}` }]
      }
      const refused = Object.values(written).some(isTemplate) ? undefined : kind.refuses?.(written, met.connection)
      return refused ? [{ path: [...path, name], message: refused }] : []
    })
  return found.filter(({ message }, index) => found.findIndex((other) => other.message === message) === index)
}

type Met = { connection: unknown } | { message: string }

function namedIn(name: string, kind: string, environment: string, { connections }: Measuring): Met {
  const entry = Object.hasOwn(connections, name) ? connections[name] : undefined
  const fitting = Object.keys(connections).filter((one) => isOf(connections[one], kind, environment))
  const [wrong] = entry ? [] : misnamed(`connection of kind ${kind}`, name, fitting, [])
  if (!entry) return { message: wrong?.message ?? `there is no connection ${name}` }
  if (entry.kind !== kind) return { message: `${name} is of kind ${entry.kind}, not ${kind}` }
  if (entry.environment === environment) return { connection: entry }
  return { message: `${name} belongs to ${entry.environment}, not to ${environment}` }
}

/** The connection that is meant where none is named: the only one of its kind there. */
function onlyIn(kind: string, environment: string, { connections }: Measuring): Met {
  const names = Object.keys(connections).filter((name) => isOf(connections[name], kind, environment))
  const [only] = names
  if (only !== undefined && names.length === 1) return { connection: connections[only] }
  const there = names.length > 1 ? `has ${names.length}; name one of ${names.join(', ')}` : 'has none in unwind.yaml'
  return { message: `needs a connection of kind ${kind}, and ${environment} ${there}` }
}

function isOf(entry: { kind: string; environment: string } | undefined, kind: string, environment: string): boolean {
  return entry?.kind === kind && entry.environment === environment
}

function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && value.includes('{{')
}
