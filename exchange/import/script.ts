import type { Around } from './became.ts'
import { block } from './blocks.ts'
import { type Item, placeOf } from './item.ts'
import type { Scope } from './scope.ts'
import { parseShell } from './shell/parse.ts'
import { type Walk, walkStatements } from './walk.ts'

/**
 * The items of a shell script. What can't be read as one is read line by line, so that one quote that is not closed does
 * not hide the rest.
 */
export function readScript(source: string, scope: Scope, around: Around, firstLine = 1): Item[] {
  const walk: Walk = { source, firstLine, scope, around, functions: new Map(), called: new Set(), block }
  try {
    return withUncalled(walkStatements(parseShell(source), walk), walk)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return lineByLine(source, walk, error.message)
  }
}

/** Functions that nothing calls in the open (a case or a loop may) stay as text where they say that they roll back. */
function withUncalled(items: Item[], walk: Walk): Item[] {
  const acts = items.some((item) => item.is === 'command' && item.became.as === 'step')
  const names = [...walk.functions.keys()].filter(
    (name) => !walk.called.has(name) && /roll_?back|undo|revert|restore/i.test(name),
  )
  if (acts || names.length === 0) return items
  return [...items, ...names.flatMap((name) => walkStatements(walk.functions.get(name) ?? [], walk))]
}

function lineByLine(source: string, walk: Walk, why: string): Item[] {
  let offset = 0
  return source.split('\n').flatMap((line) => {
    const start = offset
    offset += line.length + 1
    if (line.trim() === '') return []
    const place = placeOf(source, start, start + line.length, walk.firstLine)
    try {
      const inner = { ...walk, source: line, firstLine: place.line }
      return walkStatements(parseShell(line), inner)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      return [{ is: 'text' as const, because: `It is no complete command line: ${why}.`, ...place }]
    }
  })
}
