import { ParseError, type ParseResult, TypeError } from '@marcbachmann/cel-js'
import { nearest } from '../nearest.ts'
import { CALLS, COMPREHENSION_LIMIT, COMPREHENSIONS, NESTING_LIMIT, parse, SOURCE_LIMIT } from './language.ts'
import { STEP_FIELDS, VARIABLES } from './variables.ts'
import { type Named, type Path, type Range, walk } from './walk.ts'

/** What is wrong with an expression, and where: offsets inside its source, `end` exclusive. */
export interface ExpressionProblem extends Range {
  message: string
}

/** Names that the document declares. Without a list, any name is taken. */
export interface Known {
  parameters?: readonly string[]
  steps?: readonly string[]
}

/**
 * Everything that is wrong with an expression of this type, in the order of its source; empty when it can be evaluated.
 * Checked: size, syntax, variables and their fields, the calls that are allowed, types.
 */
export function checkExpression(source: string, type: 'bool', known: Known = {}): ExpressionProblem[] {
  const compiled = compile(source, known)
  if ('problems' in compiled) return compiled.problems
  const found = compiled.parsed.check()
  if (!found.valid) return [ofLibrary(found.error, source)]
  if (found.type === type || found.type === 'dyn') return []
  return [{ ...whole(source), message: `it is of type ${found.type}; write something that is true or false` }]
}

/** The variables that an expression reads, each once, in the order of the source; none when it can't be parsed. */
export function variablesOf(source: string): string[] {
  const compiled = compile(source, {})
  const paths = 'problems' in compiled ? [] : compiled.named.paths
  return [...new Set(paths.flatMap(({ names }) => names[0]?.name ?? []))]
}

/** An expression that may be evaluated, or why it may not. Types are not checked. */
export function compile(
  source: string,
  known: Known = {},
): { parsed: ParseResult; named: Named } | { problems: ExpressionProblem[] } {
  if (source.length > SOURCE_LIMIT)
    return { problems: [{ ...whole(source), message: `it has ${source.length} characters, at most ${SOURCE_LIMIT}` }] }
  try {
    const parsed = parse(source)
    const named = walk(parsed.ast)
    const problems = [...named.paths.flatMap((path) => ofPath(path, source, known)), ...ofCalls(named)]
    return problems.length > 0 ? { problems: problems.toSorted((a, b) => a.start - b.start) } : { parsed, named }
  } catch (error) {
    return { problems: [ofLibrary(error, source)] }
  }
}

function ofPath({ names: [root, first, second] }: Path, source: string, known: Known): ExpressionProblem[] {
  if (!root) return []
  const variable = Object.hasOwn(VARIABLES, root.name) ? VARIABLES[root.name] : undefined
  if (!variable) return [misnamed(`there is no ${root.name}`, root, Object.keys(VARIABLES), dashed(root.range, source))]
  if (!first) return []
  if (variable.fields) return missing(root.name, first, Object.keys(variable.fields))
  const declared = root.name === 'parameters' ? known.parameters : root.name === 'steps' ? known.steps : undefined
  const problems = declared ? missing(root.name, first, declared, dashed(first.range, source)) : []
  if (problems.length > 0 || root.name !== 'steps' || !second) return problems
  return missing('a step', second, Object.keys(STEP_FIELDS))
}

type Name = Path['names'][number]

function missing(where: string, name: Name, known: readonly string[], hint?: string): ExpressionProblem[] {
  return known.includes(name.name) ? [] : [misnamed(`${where} has no ${name.name}`, name, known, hint)]
}

function misnamed(what: string, { name, range }: Name, known: readonly string[], hint?: string): ExpressionProblem {
  const near = nearest(name, known)
  const list = known.length > 0 ? known.slice(0, 20).join(', ') : 'nothing'
  return { ...range, message: `${what}; ${near ? `did you mean ${near}?` : (hint ?? `there is: ${list}`)}` }
}

/** `steps.with-database` is a subtraction in CEL. */
function dashed({ start, end }: Range, source: string): string | undefined {
  if (!/\w-$/.test(source.slice(0, start)) && !/^-\w/.test(source.slice(end))) return undefined
  return 'a name with a dash is written in brackets: steps["with-database"]'
}

function ofCalls({ calls }: Named): ExpressionProblem[] {
  const loops = calls.filter(({ name, method }) => method && COMPREHENSIONS.has(name))
  const deep = loops.find(({ nesting }) => nesting > NESTING_LIMIT)
  const many = loops[COMPREHENSION_LIMIT]
  return [
    ...calls.flatMap((call) => (CALLS.has(call.name) ? [] : [refused(call)])),
    ...(deep ? [{ ...range(deep), message: `at most ${NESTING_LIMIT} of all, exists, filter and map nest` }] : []),
    ...(many ? [{ ...range(many), message: `at most ${COMPREHENSION_LIMIT} of all, exists, filter and map` }] : []),
  ]
}

function refused(call: Range & { name: string }): ExpressionProblem {
  if (call.name === 'matches') {
    const message = 'matches is refused: a regular expression can take minutes; use startsWith, endsWith or contains'
    return { ...range(call), message }
  }
  return misnamed(`there is no function ${call.name}`, { name: call.name, range: range(call) }, [...CALLS])
}

/** The library's own words for syntax and types; anything else it throws is told by its name only. */
function ofLibrary(error: unknown, source: string): ExpressionProblem {
  if (!(error instanceof ParseError || error instanceof TypeError))
    return { ...whole(source), message: `it can't be read (${error instanceof Error ? error.name : typeof error})` }
  const { start, end } = error.range ?? whole(source)
  const message = error.code === 'limit_exceeded' ? `it is too large: ${error.summary}` : error.summary
  return { start: Math.min(start, source.length), end: Math.min(end, source.length), message: message.slice(0, 300) }
}

function range({ start, end }: Range): Range {
  return { start, end }
}

function whole(source: string): Range {
  return { start: 0, end: source.length }
}
