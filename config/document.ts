import { isAlias, isCollection, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { z } from 'zod'
import { meantAlternative, suggest } from './suggest.ts'

/** One thing that is wrong with a document. Line and column count from 1; `path` is empty for the document itself. */
export interface DocumentProblem {
  path: string
  message: string
  line: number
  column: number
}

/** `written` is what the text holds before the schema has filled anything in. */
export type ReadDocument<Value> = { value: Value; written: unknown; at: Locate } | { problems: DocumentProblem[] }

/** Where a path of a document stands in its text; its nearest existing parent when the path itself is absent. */
export type Locate = (path: readonly PropertyKey[]) => { line: number; column: number }

/** The largest document that is read, in bytes of UTF-8. */
export const DOCUMENT_LIMIT = 1_048_576

const PROBLEMS_LIMIT = 20
const ALIAS_LIMIT = 20
const DEPTH_LIMIT = 100

/**
 * Reads YAML 1.2 (and so JSON) strictly: one document, text keys, no key twice, no tags, few aliases, and nothing that the
 * schema does not know. Never throws for what the text holds: each problem says where it stands, at most 20 of them.
 */
export function readDocument<Schema extends z.ZodType>(text: string, schema: Schema): ReadDocument<z.infer<Schema>> {
  if (Buffer.byteLength(text) > DOCUMENT_LIMIT) return refuse(`is larger than ${DOCUMENT_LIMIT} bytes`)
  if (tooDeep(text)) return refuse(`is nested deeper than ${DEPTH_LIMIT} levels`)
  const lines = new LineCounter()
  const options = {
    version: '1.2',
    strict: true,
    stringKeys: true,
    resolveKnownTags: false,
    prettyErrors: false,
  } as const
  const document = parseDocument(text, { ...options, lineCounter: lines, logLevel: 'silent' })
  if (document.directives?.yaml.version !== '1.2') return refuse('asks for another YAML than 1.2; remove the directive')
  const at = (offset: number) => ({ line: lines.linePos(offset).line || 1, column: lines.linePos(offset).col || 1 })
  if (document.errors.some((error) => error.code === 'RESOURCE_EXHAUSTION')) return refuse('is nested too deeply')
  const syntax = [...document.errors, ...document.warnings].slice(0, PROBLEMS_LIMIT)
  if (syntax.length > 0)
    return { problems: syntax.map((error) => ({ path: '', message: error.message, ...at(error.pos[0]) })) }
  const locate: Locate = (path) => at(offsetOf(document.contents, path))
  const value = toValue(() => document.toJS({ maxAliasCount: ALIAS_LIMIT }))
  if ('refused' in value) return refuse(value.refused)
  const parsed = schema.safeParse(value.value, { error: suggest })
  return parsed.success
    ? { value: parsed.data, written: value.value, at: locate }
    : { problems: problemsOf(parsed.error, locate) }
}

/** A path as people write it: `connections.staging.server`, `api.tokens[0].sha256`. */
export function writtenPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('')
}

/** Problems as lines that an editor or a terminal makes clickable: `unwind.yaml:3:5: api.port: …`. */
export function writtenProblems(file: string, problems: readonly DocumentProblem[]): string {
  return problems
    .map(({ path, message, line, column }) => `${file}:${line}:${column}: ${path ? `${path}: ` : ''}${message}`)
    .join('\n')
}

function refuse(message: string): { problems: DocumentProblem[] } {
  return { problems: [{ path: '', message: `the document ${message}`, line: 1, column: 1 }] }
}

/** The parser recurses: a text of nothing but brackets costs it minutes, so depth is bounded before it begins. */
function tooDeep(text: string): boolean {
  let depth = 0
  for (const char of text) {
    if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth = Math.max(0, depth - 1)
    if (depth > DEPTH_LIMIT) return true
  }
  return false
}

function toValue(read: () => unknown): { value: unknown } | { refused: string } {
  try {
    return { value: read() }
  } catch (error) {
    return { refused: `uses too many aliases (${error instanceof Error ? error.message : 'unknown'})` }
  }
}

function problemsOf(error: z.ZodError, locate: Locate): DocumentProblem[] {
  return meantIssues(error)
    .slice(0, PROBLEMS_LIMIT)
    .map((issue) => {
      const place = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
      return { path: writtenPath(issue.path), message: issue.message, ...locate(place) }
    })
}

/** Of several shapes that a value may have, only what is wrong with the one that was meant is worth reading. */
export function meantIssues(error: z.ZodError): z.core.$ZodIssue[] {
  return error.issues.flatMap((issue) => ofAlternatives(issue, 0))
}

function ofAlternatives(issue: z.core.$ZodIssue, depth: number): z.core.$ZodIssue[] {
  const meant = issue.code === 'invalid_union' && depth < DEPTH_LIMIT ? meantAlternative(issue.errors) : []
  if (meant.length === 0) return [issue]
  return meant.flatMap((inner) => ofAlternatives({ ...inner, path: [...issue.path, ...inner.path] }, depth + 1))
}

function offsetOf(contents: Node | null, path: readonly PropertyKey[]): number {
  let [node, offset]: [unknown, number] = [contents, contents?.range?.[0] ?? 0]
  for (const part of path) {
    if (!isCollection(node) || isAlias(node)) break
    const key = isMap(node) ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === part)?.key : undefined
    node = node.get(part, true)
    const place = isScalar(key) ? key : (node as Node | undefined)
    if (place?.range) offset = place.range[0]
  }
  return offset
}
