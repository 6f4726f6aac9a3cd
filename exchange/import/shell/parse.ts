import { parseBlock } from './block.ts'
import { type Command, type Cursor, type Follows, isWord, operatorOf, type Statement } from './grammar.ts'
import { type Token, tokenize } from './tokens.ts'
import type { Word } from './word.ts'

/** The statements of a script. Throws ShellSyntaxError or SyntaxError on what is not closed or not a shell's grammar. */
export function parseShell(source: string): Statement[] {
  const cursor: Cursor = { tokens: tokenize(source), at: 0, list: (until) => parseList(cursor, until) }
  const found = parseList(cursor, () => false)
  if (cursor.at < cursor.tokens.length) throw new SyntaxError('something closes what was never opened')
  return found
}

/** Statements up to a word or operator that `until` accepts (which stays) or the end. */
function parseList(cursor: Cursor, until: (token: Token) => boolean): Statement[] {
  const list: Statement[] = []
  let follows: Follows = 'always'
  for (;;) {
    const token = cursor.tokens[cursor.at]
    if (!token || until(token)) return list
    if (token.type === 'newline' || operatorOf(token) === ';') {
      cursor.at++
      continue
    }
    if (token.type === 'comment') {
      cursor.at++
      list.push({ type: 'comment', text: token.text, start: token.start, end: token.end, follows: 'always' })
      continue
    }
    if (token.type === 'operator' && token.text !== '(') return list
    list.push({ ...parsePipeline(cursor), follows })
    follows = joiner(cursor, list)
  }
}

function joiner(cursor: Cursor, list: Statement[]): Follows {
  const token = cursor.tokens[cursor.at]
  const operator = operatorOf(token) ?? ''
  if (!['&&', '||', '&', ';'].includes(operator)) return 'always'
  cursor.at++
  const last = list.at(-1)
  if (operator === '&' && last?.type === 'pipeline') last.background = true
  if (operator !== '&&' && operator !== '||') return 'always'
  while (cursor.tokens[cursor.at]?.type === 'newline') cursor.at++
  return operator === '&&' ? 'and' : 'or'
}

function parsePipeline(cursor: Cursor): Statement {
  const block = parseBlock(cursor)
  if (block) return block
  const start = cursor.tokens[cursor.at]?.start ?? 0
  const negated = isWord(cursor.tokens[cursor.at], '!')
  if (negated) cursor.at++
  const commands: Command[] = []
  for (;;) {
    commands.push(parseCommand(cursor))
    const token = cursor.tokens[cursor.at]
    if (!/^\|&?$/.test(operatorOf(token) ?? '')) break
    cursor.at++
    while (cursor.tokens[cursor.at]?.type === 'newline') cursor.at++
    // What a pipe feeds may be a block; then the whole is more than a pipeline of commands.
    const inner = parseBlock(cursor)
    if (inner) return { type: 'loop', start, end: inner.end, follows: 'always' }
  }
  const end = cursor.tokens[cursor.at - 1]?.end ?? start
  return { type: 'pipeline', commands, negated, background: false, start, end, follows: 'always' }
}

function parseCommand(cursor: Cursor): Command {
  const command: Command = { sets: [], words: [], redirects: [] }
  const from = cursor.at
  for (let token = cursor.tokens[cursor.at]; token; token = cursor.tokens[cursor.at]) {
    if (token.type === 'word') {
      cursor.at++
      const next = cursor.tokens[cursor.at]
      const numbered = /^\d$/.test(token.word.raw) && next?.start === token.end && isRedirect(next)
      if (!numbered) take(command, token.word, cursor)
      continue
    }
    if (!isRedirect(token)) break
    cursor.at++
    const target = cursor.tokens[cursor.at]
    if (target?.type === 'word') cursor.at++
    const operator = operatorOf(token) ?? ''
    command.redirects.push({ operator, ...(target?.type === 'word' && { target: target.word }) })
  }
  if (cursor.at === from) throw new SyntaxError('a command is missing')
  return command
}

function take(command: Command, word: Word, cursor: Cursor): void {
  const set = command.words.length === 0 ? /^([A-Za-z_]\w*)=/.exec(word.raw) : undefined
  if (!set?.[1]) {
    command.words.push(word)
    return
  }
  const [first, ...rest] = word.parts
  const head = first && 'text' in first ? first.text.slice(set[0].length) : ''
  const parts = head === '' && rest.length > 0 ? rest : [{ text: head }, ...rest]
  command.sets.push({ name: set[1], value: { parts, raw: word.raw.slice(set[0].length) } })
  // An array: NAME=( … ). Its words are kept raw.
  if (operatorOf(cursor.tokens[cursor.at]) === '(' && word.raw.endsWith('=')) skipArray(command, cursor)
}

function skipArray(command: Command, cursor: Cursor): void {
  const last = command.sets.at(-1)
  while (cursor.tokens[cursor.at] && operatorOf(cursor.tokens[cursor.at]) !== ')') cursor.at++
  if (!cursor.tokens[cursor.at]) throw new SyntaxError('an array that is not closed')
  cursor.at++
  if (last) last.value = { parts: [{ opaque: '(…)' }], raw: '(…)' }
}

function isRedirect(token: Token | undefined): boolean {
  return token?.type === 'operator' && /[<>]/.test(token.text)
}
