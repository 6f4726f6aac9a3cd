import { type Part, readExpansion, readPlaceholder, type Word } from './word.ts'

/** A token of a command line; `start` and `end` are offsets into the source, `end` past its last character. */
export type Token = { start: number; end: number } & (
  | { type: 'word'; word: Word }
  | { type: 'operator'; text: string }
  | { type: 'newline' }
  | { type: 'comment'; text: string }
)

/**
 * Splits POSIX shell text (with what bash adds and documents write) into tokens: quotes, continued lines, expansions,
 * comments, here-documents. Nothing is expanded or run. Throws SyntaxError, with the offset in `at`, on what is not closed.
 */
export function tokenize(source: string): Token[] {
  const reader: Reader = { source, at: 0, tokens: [], pending: [] }
  while (reader.at < source.length) step(reader)
  return reader.tokens
}

/** What is not closed: a quote, an expansion or a here-document that begins at offset `at`. */
export class ShellSyntaxError extends SyntaxError {
  readonly at: number
  constructor(what: string, at: number) {
    super(what)
    this.at = at
  }
}

interface Reader {
  source: string
  at: number
  tokens: Token[]
  /** Ends of here-documents that begin on the next line. */
  pending: string[]
}

const OPERATORS = /^(?:&&|\|\||\|&|;;&?|;&|&>>?|<<<|<<-?|>>|>&|<&|>\||[;&|()<>])/

function step(reader: Reader): void {
  const { source, at, tokens } = reader
  const char = source[at] ?? ''
  if (char === '\n') {
    reader.at = at + 1
    tokens.push({ type: 'newline', start: at, end: at + 1 })
    return skipHereDocuments(reader)
  }
  const blank = /^(?:[ \t\r\u00a0]|\\\r?\n)+/.exec(source.slice(at, at + 1_000))
  if (blank) {
    reader.at += blank[0].length
    return
  }
  if (char === '#') {
    const end = source.indexOf('\n', at) < 0 ? source.length : source.indexOf('\n', at)
    tokens.push({ type: 'comment', text: source.slice(at + 1, end).trim(), start: at, end })
    reader.at = end
    return
  }
  const operator = readPlaceholder(source, at) ? undefined : OPERATORS.exec(source.slice(at, at + 3))
  if (!operator) return word(reader)
  reader.at = at + operator[0].length
  tokens.push({ type: 'operator', text: operator[0], start: at, end: reader.at })
  if (/^<<-?$/.test(operator[0])) reader.pending.push(endOfHereDocument(reader))
}

/** The word that ends the here-document, read ahead of its token. */
function endOfHereDocument({ source, at }: Reader): string {
  const found = /^[ \t]*\\?(["']?)([\w.-]+)\1/.exec(source.slice(at, at + 100))
  if (!found?.[2]) throw new ShellSyntaxError('a here-document without a word that ends it', at)
  return found[2]
}

function skipHereDocuments(reader: Reader): void {
  for (const ending of reader.pending.splice(0)) {
    const close = new RegExp(`^\\t*${ending.replaceAll('.', '\\.')}[ \\t\\r]*$`, 'm').exec(
      reader.source.slice(reader.at),
    )
    if (!close) throw new ShellSyntaxError(`a here-document that ${ending} never ends`, reader.at)
    const end = reader.at + close.index + close[0].length
    // Its text belongs to the line that began it: the last token reaches to its end.
    const last = reader.tokens.findLast(({ type }) => type !== 'newline')
    if (last) last.end = end
    reader.at = end
  }
}

function word(reader: Reader): void {
  const { source, at: start } = reader
  const parts: Part[] = []
  while (reader.at < source.length && !ends(reader)) piece(reader, parts)
  const raw = source.slice(start, reader.at)
  reader.tokens.push({ type: 'word', word: { parts: joined(parts), raw }, start, end: reader.at })
}

function ends({ source, at }: Reader): boolean {
  const char = source[at] ?? ''
  if (char === '<') return readPlaceholder(source, at) === undefined
  return /[\s;&|()>]/.test(char)
}

function piece(reader: Reader, parts: Part[]): void {
  const { source, at } = reader
  const char = source[at] ?? ''
  if (char === "'") return singleQuoted(reader, parts)
  if (char === '"') return doubleQuoted(reader, parts)
  if (char === '\\') {
    const next = source[at + 1] ?? ''
    reader.at += 2
    if (next !== '\n') parts.push({ text: next })
    return
  }
  if (source.startsWith("$'", at) || source.startsWith('$"', at)) {
    reader.at += 1
    return
  }
  const known = char === '<' ? readPlaceholder(source, at) : /[$`]/.test(char) ? readExpansion(source, at) : undefined
  if (!known && (source.startsWith('${', at) || source.startsWith('$(', at) || char === '`'))
    throw new ShellSyntaxError('an expansion that is not closed', at)
  parts.push(known?.part ?? { text: char })
  reader.at = known?.end ?? at + 1
}

function singleQuoted(reader: Reader, parts: Part[]): void {
  const end = reader.source.indexOf("'", reader.at + 1)
  if (end < 0) throw new ShellSyntaxError('a quote that is not closed', reader.at)
  parts.push({ text: reader.source.slice(reader.at + 1, end) })
  reader.at = end + 1
}

function doubleQuoted(reader: Reader, parts: Part[]): void {
  const { source, at: start } = reader
  parts.push({ text: '' })
  reader.at += 1
  while (source[reader.at] !== '"') {
    if (reader.at >= source.length) throw new ShellSyntaxError('a quote that is not closed', start)
    const char = source[reader.at] ?? ''
    const escaped = char === '\\' ? /^\\([$`"\\\n])/.exec(source.slice(reader.at, reader.at + 2)) : undefined
    const known = /[$`]/.test(char) ? readExpansion(source, reader.at) : undefined
    if (!known && /^(?:\$[({]|`)/.test(source.slice(reader.at, reader.at + 2)))
      throw new ShellSyntaxError('an expansion that is not closed', reader.at)
    parts.push(known?.part ?? { text: escaped ? (escaped[1] ?? '').replace('\n', '') : char })
    reader.at = known?.end ?? reader.at + (escaped ? 2 : 1)
  }
  reader.at += 1
}

function joined(parts: readonly Part[]): Part[] {
  const out: Part[] = []
  for (const part of parts) {
    const last = out.at(-1)
    if ('text' in part && last && 'text' in last) out[out.length - 1] = { text: last.text + part.text }
    else out.push(part)
  }
  return out
}
