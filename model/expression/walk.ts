import type { ASTNode } from '@marcbachmann/cel-js'
import { COMPREHENSIONS } from './language.ts'

/** A place in the source, as offsets of UTF-16 units; `end` is exclusive. */
export interface Range {
  start: number
  end: number
}

/** A variable with the fields that the expression reads from it, as far as they are written out: `alert.labels.severity`. */
export interface Path extends Range {
  names: { name: string; range: Range }[]
}

/** What an expression names, in the order of its source. Variables of `exists` and the like are not among the paths. */
export interface Named {
  paths: Path[]
  calls: (Range & { name: string; method: boolean; nesting: number })[]
}

/** Everything that an expression names. Its size is bounded by the parser. */
export function walk(ast: ASTNode): Named {
  const named: Named = { paths: [], calls: [] }
  visit(ast, { bound: new Set(), nesting: 0 }, named)
  named.paths.sort((a, b) => a.start - b.start)
  return named
}

interface Scope {
  bound: ReadonlySet<string>
  nesting: number
}

function visit(node: ASTNode, scope: Scope, named: Named): void {
  const path = pathOf(node)
  if (path) {
    if (!scope.bound.has(path.names[0]?.name ?? '')) named.paths.push(path)
    return
  }
  if (node.op === 'call') return visitCall(node, node.args[0], undefined, node.args[1], scope, named)
  if (node.op === 'rcall') return visitCall(node, node.args[0], node.args[1], node.args[2], scope, named)
  for (const child of children(node)) visit(child, scope, named)
}

function visitCall(
  node: ASTNode,
  name: string,
  receiver: ASTNode | undefined,
  given: ASTNode[],
  scope: Scope,
  named: Named,
): void {
  const method = receiver !== undefined
  const [first, ...rest] = given
  const opens = method && COMPREHENSIONS.has(name) && first?.op === 'id'
  const nesting = scope.nesting + (opens ? 1 : 0)
  named.calls.push({ ...(method ? nameRange(receiver, name) : beginning(node, name)), name, method, nesting })
  if (receiver) visit(receiver, scope, named)
  if (!opens) return given.forEach((child) => visit(child, scope, named))
  const inner = { bound: new Set([...scope.bound, String(first.args)]), nesting }
  for (const child of rest) visit(child, inner, named)
}

function beginning({ start }: ASTNode, name: string): Range {
  return { start, end: start + name.length }
}

/** The library keeps no place of a method's name; it is the first one after its receiver. */
function nameRange(receiver: ASTNode, name: string): Range {
  const found = receiver.input.indexOf(name, receiver.end)
  const start = found < 0 ? receiver.end : found
  return { start, end: start + name.length }
}

/** `a.b["c"]` as its names; undefined for anything that does not begin at a variable. */
function pathOf(node: ASTNode): Path | undefined {
  const { start, end } = node
  if (node.op === 'id') return { start, end, names: [{ name: node.args, range: { start, end } }] }
  if (node.op === '.') {
    const [left, name] = node.args
    const outer = pathOf(left)
    return outer && { start, end, names: [...outer.names, { name, range: { start: end - name.length, end } }] }
  }
  if (node.op === '[]') {
    const [left, index] = node.args
    if (index.op !== 'value' || typeof index.args !== 'string') return undefined
    const outer = pathOf(left)
    return outer && { start, end, names: [...outer.names, { name: index.args, range: index.range }] }
  }
  return undefined
}

function children(node: ASTNode): ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
    case 'call':
    case 'rcall':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case '!_':
    case '-_':
      return [node.args]
    case 'map':
      return node.args.flat()
    default:
      return node.args
  }
}
