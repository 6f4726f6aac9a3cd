import type { Tool, Written } from '../../databases/migrations-lab.ts'
import type { Dice } from '../../support/dice.ts'

/** Whom the database shows while Unwind is at it: somebody's session, or a lock that is held by another one. */
type Meanwhile = { session: true } | { lock: string }

/** One history, and what is right about it: known from how it was made, not from what Unwind reads. */
export interface History {
  leaving: Written[]
  target: Written[]
  /** Releases that were deployed one after the other, each by the tool's own command. */
  deployed: Written[][]
  /** What happened to the database beside that. */
  afterwards: string[]
  /** Why the tool's own lock may be freed, if somebody says so. */
  force?: string
  meanwhile?: Meanwhile
  expected: 'undone' | 'TARGET_REJECTED' | 'TARGET_OWNED' | 'TARGET_UNREACHABLE' | 'NO_ROLLBACK_TARGET'
  /** What is to be undone, in that order. */
  undo: string[]
  /** What a person types in the leaving release's files (of Prisma: what the old image does when it starts). */
  hand: string[][]
  /** Where that leads: to the old release, elsewhere although the tool is content, or to an error of the tool. */
  byHand: 'arrives' | 'strays' | 'fails'
}

/** What a history is made of, before something happens to it. */
export interface Parts {
  tool: Tool
  dice: Dice
  /** Migrations that the target knows, and those that the leaving release brought; both as their files are ordered. */
  old: Written[]
  brought: Written[]
  plain: History
}
