import { checkExpression, type Known } from '../expression/index.ts'
import { nearest } from '../nearest.ts'

/** One thing that is wrong with a runbook, at a path of its document. */
export interface RunbookProblem {
  path: PropertyKey[]
  message: string
}

/** A name that should be one of these. */
export function misnamed(what: string, name: string, known: readonly string[], path: PropertyKey[]): RunbookProblem[] {
  if (known.includes(name)) return []
  const near = nearest(name, known)
  const list = known.slice(0, 20).join(', ') || 'none'
  return [{ path, message: `there is no ${what} ${name}; ${near ? `did you mean ${near}?` : `there is: ${list}`}` }]
}

/** What is wrong with an expression at a path, as one problem each. */
export function expressionProblems(source: string | undefined, known: Known, path: PropertyKey[]): RunbookProblem[] {
  if (source === undefined) return []
  return checkExpression(source, 'bool', known).map(({ message, start, end }) => {
    const part = source.slice(start, end)
    const quote = part && part !== source && part.length <= 60 && !message.includes(part) ? ` (at ${part})` : ''
    return { path, message: `${message}${quote}` }
  })
}
