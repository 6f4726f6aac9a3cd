import { type Cursor, isWord, operatorOf, type Statement } from './grammar.ts'
import type { Token } from './tokens.ts'

/** A compound command at the cursor; undefined where a simple command stands. */
export function parseBlock(cursor: Cursor): Statement | undefined {
  const token = cursor.tokens[cursor.at]
  if (!token) return undefined
  if (isWord(token, 'if')) return parseIf(cursor)
  if (isWord(token, 'for', 'while', 'until', 'select')) return skipped(cursor, 'loop', 'done')
  if (isWord(token, 'case')) return skipped(cursor, 'case', 'esac')
  if (isWord(token, '{')) return parseGroup(cursor, (end) => isWord(end, '}'))
  if (operatorOf(token) === '(') return parseGroup(cursor, (end) => operatorOf(end) === ')')
  return parseFunction(cursor)
}

function parseIf(cursor: Cursor): Statement {
  const start = cursor.tokens[cursor.at]?.start ?? 0
  const branches: { condition: Statement[]; body: Statement[] }[] = []
  let otherwise: Statement[] | undefined
  do {
    cursor.at++
    const condition = cursor.list((token) => isWord(token, 'then'))
    expect(cursor, 'then')
    branches.push({ condition, body: cursor.list((token) => isWord(token, 'elif', 'else', 'fi')) })
  } while (isWord(cursor.tokens[cursor.at], 'elif'))
  if (isWord(cursor.tokens[cursor.at], 'else')) {
    cursor.at++
    otherwise = cursor.list((token) => isWord(token, 'fi'))
  }
  const end = endOf(expect(cursor, 'fi'), cursor)
  return { type: 'if', branches, ...(otherwise && { otherwise }), start, end, follows: 'always' }
}

/** Loops and cases are not understood: they are kept as one piece of text. */
function skipped(cursor: Cursor, type: 'loop' | 'case', closes: 'done' | 'esac'): Statement {
  const start = cursor.tokens[cursor.at]?.start ?? 0
  const opens = closes === 'done' ? ['for', 'while', 'until', 'select'] : ['case']
  let depth = 0
  for (let token = cursor.tokens[cursor.at]; token; token = cursor.tokens[cursor.at]) {
    cursor.at++
    const before = cursor.tokens[cursor.at - 2]
    if (isWord(token, ...opens) && begins(before)) depth++
    if (isWord(token, closes) && begins(before) && --depth === 0)
      return { type, start, end: endOf(token, cursor), follows: 'always' }
  }
  throw new SyntaxError(`a ${type} without its ${closes}`)
}

/** Whether a reserved word may stand after that token: at the start, or after what ends a command. */
function begins(before: Token | undefined): boolean {
  if (!before || before.type === 'newline' || before.type === 'comment') return true
  return before.type === 'operator' || isWord(before, 'do', 'then', 'else', '{', '!')
}

function parseGroup(cursor: Cursor, closes: (token: Token) => boolean): Statement {
  const start = cursor.tokens[cursor.at]?.start ?? 0
  cursor.at++
  const body = cursor.list(closes)
  const last = cursor.tokens[cursor.at]
  if (!last || !closes(last)) throw new SyntaxError('a group that is not closed')
  cursor.at++
  return { type: 'group', body, start, end: endOf(last, cursor), follows: 'always' }
}

function parseFunction(cursor: Cursor): Statement | undefined {
  const [first, second, third] = cursor.tokens.slice(cursor.at, cursor.at + 3)
  const keyword = isWord(first, 'function')
  const named = keyword ? second : first
  const parens = keyword ? operatorOf(third) === '(' : operatorOf(second) === '('
  if (named?.type !== 'word' || !/^[\w:.-]+$/.test(named.word.raw) || !(keyword || parens)) return undefined
  cursor.at += (keyword ? 2 : 1) + (parens ? 2 : 0)
  while (cursor.tokens[cursor.at]?.type === 'newline') cursor.at++
  const body = parseBlock(cursor)
  if (body?.type !== 'group') throw new SyntaxError(`the function ${named.word.raw} has no body in braces`)
  const start = first?.start ?? 0
  return { type: 'function', name: named.word.raw, body: body.body, start, end: body.end, follows: 'always' }
}

function expect(cursor: Cursor, word: string): Token {
  const token = cursor.tokens[cursor.at]
  if (!token || !isWord(token, word)) throw new SyntaxError(`${word} is missing`)
  cursor.at++
  return token
}

/** The end of a block, redirections after it included. */
function endOf(token: Token, cursor: Cursor): number {
  let end = token.end
  for (;;) {
    const [operator, target] = cursor.tokens.slice(cursor.at, cursor.at + 2)
    const number = operator?.type === 'word' && /^\d$/.test(operator.word.raw) && operatorOf(target) ? 1 : 0
    const found = number ? target : operator
    if (!found || !/[<>]/.test(operatorOf(found) ?? '')) return end
    const last = cursor.tokens[cursor.at + number + 1]
    cursor.at += number + 2
    end = last?.end ?? found.end
  }
}
