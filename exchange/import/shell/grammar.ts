import type { Token } from './tokens.ts'
import { literal, type Word } from './word.ts'

/** A simple command: words after expansion-free splitting, what it sets before, where it reads and writes. */
export interface Command {
  sets: { name: string; value: Word }[]
  words: Word[]
  redirects: { operator: string; target?: Word }[]
}

/** How a statement follows the one before it: always, only if that succeeded, only if it failed. */
export type Follows = 'always' | 'and' | 'or'

/** A statement with its place in the source (offsets) and its text as written. */
export type Statement = { start: number; end: number; follows: Follows } & (
  | { type: 'pipeline'; commands: Command[]; negated: boolean; background: boolean }
  | { type: 'comment'; text: string }
  | { type: 'if'; branches: { condition: Statement[]; body: Statement[] }[]; otherwise?: Statement[] }
  | { type: 'function'; name: string; body: Statement[] }
  | { type: 'group'; body: Statement[] }
  | { type: 'loop' | 'case' }
)

/** Where the parser stands; `list` reads statements up to a token that `until` accepts, which stays. */
export interface Cursor {
  tokens: readonly Token[]
  at: number
  list: (until: (token: Token) => boolean) => Statement[]
}

/** Whether the token is that reserved word, unquoted. */
export function isWord(token: Token | undefined, ...texts: string[]): boolean {
  return token?.type === 'word' && texts.includes(token.word.raw)
}

/** The operator that the token is; undefined for any other token. */
export function operatorOf(token: Token | undefined): string | undefined {
  return token?.type === 'operator' ? token.text : undefined
}

/** The command's own name without a path, if it is written literally. */
export function nameOf({ words }: Command): string | undefined {
  const first = words[0] && literal(words[0])
  return first?.split('/').at(-1)
}
