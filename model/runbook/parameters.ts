import { UnwindError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { ParameterValue } from './compiled.ts'
import type { RunbookParameter } from './document.ts'

type Declared = Readonly<Record<string, RunbookParameter>>
type Given = Readonly<Record<string, ParameterValue>>

/** Longer texts are not matched: what a pattern may cost grows with them. */
const LONGEST_MATCHED = 128
const REPETITIONS = 4

/**
 * The value of every declared parameter: what was given, else its default. Text stands for a number or a truth value
 * where one is declared, since a command line knows nothing else. Throws INVALID_REQUEST, naming the parameter.
 */
export function resolveParameters(declared: Declared, given: Given): Record<string, ParameterValue> {
  const names = Object.keys(declared)
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(declared, name))
  if (unknown !== undefined) throw invalid(unknownParameter(unknown, names))
  const values = names.map((name) => {
    const parameter = declared[name] as RunbookParameter
    const written = Object.hasOwn(given, name) ? given[name] : parameter.default
    if (written === undefined) throw invalid(`parameter ${name} has no default; say what it is`)
    const value = read(parameter, written)
    const wrong = whyNotValue(parameter, value)
    if (wrong) throw invalid(`parameter ${name} ${wrong}`)
    return [name, value] as const
  })
  return Object.fromEntries(values)
}

/** What is said of a name that no parameter has. */
export function unknownParameter(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  const list = known.slice(0, 20).join(', ') || 'none'
  return `the runbook has no parameter ${name.slice(0, 63)}; ${near ? `did you mean ${near}?` : `there is: ${list}`}`
}

/** Why a parameter can't have this value; undefined when it can. The value itself is not repeated. */
export function whyNotValue(
  { type, enum: allowed, pattern }: RunbookParameter,
  value: ParameterValue,
): string | undefined {
  const fits = type === 'release' ? typeof value !== 'boolean' : typeof value === type
  if (!fits) return `must be of type ${type}`
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must be a number'
  if (allowed && !allowed.includes(value)) return `must be one of ${allowed.join(', ')}`
  if (pattern === undefined || whyNotPattern(pattern)) return undefined
  const text = String(value)
  if (text.length > LONGEST_MATCHED) return `must have at most ${LONGEST_MATCHED} characters`
  return new RegExp(`^(?:${pattern})$`, 'u').test(text) ? undefined : `must match ${pattern}`
}

/** Why a pattern is refused; undefined when it may be used. Groups and many repetitions could take minutes to match. */
export function whyNotPattern(pattern: string): string | undefined {
  const bare = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x')
  if (/[()|]/.test(bare)) return 'must hold no groups and no |; use enum for alternatives'
  if ((bare.match(/[*+?{]/g) ?? []).length > REPETITIONS) return `must hold at most ${REPETITIONS} repetitions`
  try {
    new RegExp(pattern, 'u')
    return undefined
  } catch {
    return 'is no regular expression'
  }
}

/** Revisions are numbers where they look like one, as on the command line. */
function read({ type }: RunbookParameter, value: ParameterValue): ParameterValue {
  if (typeof value !== 'string') return value
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if (type === 'number' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value)
  return type === 'release' && /^[1-9]\d{0,9}$/.test(value) ? Number(value) : value
}

function invalid(message: string): UnwindError {
  return new UnwindError('INVALID_REQUEST', message)
}
