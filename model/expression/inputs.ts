import type { Facts } from '../runbook/progress.ts'
import type { Path } from './walk.ts'

/** Larger facts are not evaluated at all: what an expression may cost grows with them. */
const LONGEST_LIST = 100
const LONGEST_STRING = 1_000
/** What is kept of a value as evidence. */
const KEPT_ENTRIES = 20
const KEPT_CHARACTERS = 200
/** Depth of facts, with room to spare. */
const DEEPEST = 4

/**
 * The facts that an expression names, by path, as they go into the record: JSON, clipped, times in RFC 3339. `null`
 * stands for what is not known.
 */
export function inputsOf(paths: readonly Path[], facts: Facts): Record<string, unknown> {
  return Object.fromEntries(paths.map((path) => [keyOf(path), clip(valueAt(path, facts) ?? null, DEEPEST)]))
}

/** How a path is written: `alert.labels.severity`, `steps["with-database"].passed`. */
export function keyOf({ names: [root, ...fields] }: Path): string {
  const rest = fields.map(({ name }) => (/^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`))
  return `${root?.name ?? ''}${rest.join('')}`
}

/** Why the facts that an expression names are too large to be evaluated, if they are. */
export function tooLarge(paths: readonly Path[], facts: Facts): string | undefined {
  const path = paths.find((named) => isLarge(valueAt(named, facts), DEEPEST))
  if (!path) return undefined
  return `${keyOf(path)} is too large to be evaluated: at most ${LONGEST_LIST} entries and ${LONGEST_STRING} characters`
}

/** What stands at a path of the facts, own properties only; undefined where nothing does. */
export function valueAt({ names: [root, ...fields] }: Path, facts: Facts): unknown {
  const all: Record<string, unknown> = { ...facts, now: readableTime(facts.now) }
  return fields.reduce((value: unknown, { name }) => own(value, name), own(all, root?.name ?? ''))
}

function own(value: unknown, name: string): unknown {
  const record = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function readableTime(now: number): string | undefined {
  const date = new Date(now)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

function isLarge(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.length > LONGEST_STRING
  if (typeof value !== 'object' || value === null) return false
  const entries = Object.values(value)
  return depth === 0 || entries.length > LONGEST_LIST || entries.some((entry) => isLarge(entry, depth - 1))
}

function clip(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > KEPT_CHARACTERS ? `${value.slice(0, KEPT_CHARACTERS)}…` : value
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '…'
  const entries = Object.entries(value)
  const kept = entries.slice(0, KEPT_ENTRIES).map(([key, entry]) => [key, clip(entry, depth - 1)] as const)
  const dropped = entries.length - kept.length
  if (Array.isArray(value)) return [...kept.map(([, entry]) => entry), ...(dropped > 0 ? [`… ${dropped} more`] : [])]
  return Object.fromEntries([...kept, ...(dropped > 0 ? [['…', `${dropped} more`] as const] : [])])
}
