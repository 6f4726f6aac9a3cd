import { type Document, isMap, isPair, isScalar, isSeq, type Pair, parseDocument, visit, YAMLMap, YAMLSeq } from 'yaml'
import { z } from 'zod'
import { canonical } from '../../model/canonical.ts'
import { UnwindError } from '../../model/errors.ts'
import { readDocument, writtenProblems } from '../document.ts'

const OPTIONS = { version: '1.2', strict: true, stringKeys: true, resolveKnownTags: false } as const
const LAYOUT = { lineWidth: 120, indent: 2, singleQuote: true } as const

/** The order of keys, by where they stand; keys that are in no list keep their order behind those that are. */
const ROOT = [
  ...['apiVersion', 'kind', 'metadata', 'environments', 'contacts', 'parameters', 'triggers', 'policy'],
  ...['decision', 'procedures', 'steps', 'communicate', 'checklist'],
]
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  metadata: ['name', 'service', 'owner', 'description'],
  parameters: ['type', 'default', 'enum', 'pattern', 'description'],
  triggers: ['id', 'match', 'check', 'mode'],
  policy: ['approvals', 'timeout'],
  approvals: ['when', 'min', 'groups', 'self', 'expires', 'remind', 'escalate'],
  decision: ['id', 'question', 'evidence', 'onYes', 'onNo'],
  communicate: ['started', 'needsPerson', 'finished', 'ticket'],
  checklist: ['id', 'phase', 'text', 'required', 'ticks'],
  clusters: ['clusters', 'budget', 'pause', 'steps'],
}
const STEP = {
  first: ['id', 'kind', 'when'],
  last: ['timeout', 'retry', 'optional', 'onFailure'],
}

/** The fields that kinds add, in the order in which they are written: of steps by kind, and of each measurement. */
export interface FieldOrder {
  steps: Readonly<Record<string, readonly string[]>>
  measurements: readonly (readonly string[])[]
}

/**
 * A runbook in its canonical layout: keys in the order of the schema's pages, two blanks of indent, lines of 120 columns.
 * Comments, anchors and the choice between braces and lines stay. What the document says stays the same, which is checked.
 * The text must be YAML that can be read. Throws INVALID_REQUEST where it is not, or where a change of order would take
 * an alias before its anchor.
 */
export function formatRunbook(text: string, fields: FieldOrder): string {
  const read = readDocument(text, z.unknown())
  if ('problems' in read) throw refused(`the document can't be read:\n${writtenProblems('-', read.problems)}`)
  const document = parseDocument(text, { ...OPTIONS, logLevel: 'silent' })
  if (!isMap(document.contents)) throw refused('the document is no runbook: it holds no keys')
  const before = meaning(document)
  visit(document, {
    Map: (_key, map, path) => {
      arrange(map, path, fields)
      map.toString = padded(YAMLMap.prototype.toString, ' ')
    },
    Seq: (_key, seq) => {
      seq.toString = padded(YAMLSeq.prototype.toString, '')
    },
  })
  const made = document.toString(LAYOUT)
  const again = parseDocument(made, { ...OPTIONS, logLevel: 'silent' })
  if (again.errors.length > 0 || meaning(again) !== before || comments(made) !== comments(text))
    throw refused(
      'the document can’t be put in order without changing what it says; write an anchor before its aliases',
    )
  return made
}

/** `{ a: 1 }` with blanks and `[a]` without, as this house writes them; the library knows one choice for both. */
function padded(write: YAMLMap['toString'], flowCollectionPadding: string): YAMLMap['toString'] {
  return function (this: YAMLMap, context, ...rest) {
    return write.call(this, context && { ...context, flowCollectionPadding }, ...rest)
  }
}

function meaning(document: Document.Parsed): string {
  return canonical(document.toJS({ maxAliasCount: 20 }))
}

/** Comments, whatever their order: moved with their keys, none may be lost. */
function comments(text: string): number {
  let count = 0
  const document = parseDocument(text, { ...OPTIONS, logLevel: 'silent' })
  const add = (...found: (string | null | undefined)[]) => {
    for (const comment of found) count += comment ? comment.replaceAll(/\s/g, '').length : 0
  }
  add(document.commentBefore, document.comment)
  visit(document, { Node: (_key, node) => add(node.commentBefore, node.comment) })
  return count
}

function arrange(map: YAMLMap, path: readonly unknown[], fields: FieldOrder): void {
  const rank = rankOf(map, path, fields)
  if (!rank) return
  const [first] = map.items
  map.items = map.items.toSorted((a, b) => rank(keyOf(a)) - rank(keyOf(b)))
  const [now] = map.items
  if (!first || !now || first === now || !isScalar(first.key) || !isScalar(now.key)) return
  // A blank line stands between parts, never above the first one.
  if (now.key.spaceBefore) {
    now.key.spaceBefore = false
    first.key.spaceBefore = true
  }
  if (path.length === 1) {
    // What stands above the first key of all speaks of the whole file.
    now.key.commentBefore = [first.key.commentBefore, now.key.commentBefore].filter(Boolean).join('\n') || null
    first.key.commentBefore = null
  } else if (map.commentBefore) {
    // The parser hangs a comment above the first key on the map; once that key moves, the comment goes with it.
    first.key.commentBefore = map.commentBefore
    map.commentBefore = null
  }
}

/** How keys of a map at this place are ordered; undefined where people order them, as in procedures and contacts. */
function rankOf(map: YAMLMap, path: readonly unknown[], fields: FieldOrder): ((key: string) => number) | undefined {
  const keys = path.filter(isPair).map(keyOf)
  const list = isSeq(path.at(-1))
  if (keys.length === 0) return inOrder(ROOT)
  const [top] = keys
  const last = keys.at(-1) ?? ''
  if (top === 'steps' || top === 'procedures') {
    if (list && last === 'all') return inOrder(fields.measurements.find(([name = '']) => map.has(name)) ?? [])
    if (list && map.has('clusters')) return inOrder(ORDERS['clusters'] ?? [])
    return list && isStepList(keys) ? stepRank(fields.steps[String(map.get('kind'))] ?? []) : undefined
  }
  if (top === 'parameters') return keys.length === 2 ? inOrder(ORDERS['parameters'] ?? []) : undefined
  const nested = list ? ['triggers', 'decision', 'checklist', 'approvals'] : ['metadata', 'policy', 'communicate']
  return nested.includes(last) ? inOrder(ORDERS[last] ?? []) : undefined
}

function isStepList(keys: readonly string[]): boolean {
  const [top, ...rest] = keys
  const inside = top === 'steps' ? rest : rest.slice(1)
  return inside.length === 0 || (inside.length === 1 && (inside[0] === 'parallel' || inside[0] === 'steps'))
}

function inOrder(order: readonly string[]): (key: string) => number {
  return (key) => (order.includes(key) ? order.indexOf(key) : order.length)
}

/** First what names the step, then what its kind adds, last what is done when it fails. */
function stepRank(own: readonly string[]): (key: string) => number {
  const order = inOrder(own)
  return (key) => {
    const [first, last] = [STEP.first.indexOf(key), STEP.last.indexOf(key)]
    if (first >= 0) return first
    return last >= 0 ? 1_000 + last : 100 + order(key)
  }
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : ''
}

function refused(message: string): UnwindError {
  return new UnwindError('INVALID_REQUEST', message)
}
