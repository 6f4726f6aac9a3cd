import { Environment, type ParseResult } from '@marcbachmann/cel-js'
import { STEP_FIELDS, VARIABLES } from './variables.ts'

/** Longest expression, in characters. */
export const SOURCE_LIMIT = 2_000
const LIMITS = { maxAstNodes: 200, maxDepth: 24, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 4 }

/** What stands behind one name of `steps`, as an object of the type that the environment knows. */
export class StepFacts {
  readonly status: string
  readonly passed: boolean

  constructor({ status, passed }: { status: string; passed: boolean }) {
    this.status = status
    this.passed = passed
  }
}

/** Parses an expression with the limits of its size. Throws the library's ParseError. */
export function parse(source: string): ParseResult {
  return environment.parse(source)
}

const environment = declared()

function declared(): Environment {
  const made = new Environment({ limits: LIMITS })
  made.registerType('StepFacts', { ctor: StepFacts, fields: { ...STEP_FIELDS } })
  for (const [name, { type, fields }] of Object.entries(VARIABLES)) {
    if (fields) made.registerVariable({ name, schema: { ...fields } })
    else made.registerVariable(name, type ?? 'dyn')
  }
  return made
}

/**
 * The functions and methods that expressions may call. A list of what is allowed, so that a newer library brings no
 * function that nobody has looked at. Left out on purpose: `matches` (JavaScript's regular expressions can take
 * minutes), `bind`, `split` and `join` (a few of them make a short expression build gigabytes), `json` and `type`.
 */
export const CALLS: ReadonlySet<string> = new Set([
  ...['has', 'size', 'timestamp', 'duration', 'int', 'double', 'string', 'bool', 'dyn'],
  ...['startsWith', 'endsWith', 'contains', 'lowerAscii', 'upperAscii', 'trim', 'indexOf', 'lastIndexOf', 'substring'],
  ...['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
  ...['all', 'exists', 'exists_one', 'filter', 'map'],
])

/** Calls whose first argument names a variable of their own and whose work grows with the list. */
export const COMPREHENSIONS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map'])
/** So many of them in one expression, and so many inside one another: what bounds the work. */
export const COMPREHENSION_LIMIT = 3
export const NESTING_LIMIT = 2
