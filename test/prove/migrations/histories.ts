import { fileOf, type Tool, type Written } from '../../databases/migrations-lab.ts'
import type { Dice } from '../../support/dice.ts'
import { type Shape, VARIATIONS } from './variations.ts'

/** Prisma first: it takes longest. */
export const TOOLS: readonly Tool[] = ['prisma', 'knex', 'sequelize', 'umzug', 'umzug2']

/** Whom the database shows while Unwind is at it: somebody's session, or a lock that is held by another one. */
export type Meanwhile = { session: true } | { lock: string }

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

/** The shapes that a tool can get into, each once. */
export function shapesOf(tool: Tool): Shape[] {
  return (Object.keys(VARIATIONS) as Shape[]).filter((shape) => VARIATIONS[shape].tools?.includes(tool) ?? true)
}

/** Makes a history of that shape; its size and what varies in it are thrown. */
export function history(tool: Tool, shape: Shape, dice: Dice): History {
  const old = series('2020', dice.between(1, 3))
  const brought = series('2021', dice.between(1, 3))
  const plain: History = {
    leaving: [...old, ...brought],
    target: old,
    deployed: [old, [...old, ...brought]],
    afterwards: [],
    expected: 'undone',
    undo: namesOf(brought).toReversed(),
    hand: back(tool, brought, 1),
    byHand: tool === 'prisma' ? 'strays' : 'arrives',
  }
  return { ...plain, ...VARIATIONS[shape].make({ tool, dice, old, brought, plain }) }
}

export function namesOf(files: readonly Written[]): string[] {
  return files.map(({ name }) => name)
}

/** A table, a column of it, an index of it: what comes later needs what came before. */
export function series(year: string, count: number): Written[] {
  const table = `t_${year}_1`
  const kinds = [
    { up: `CREATE TABLE ${table} (id int, note text)`, down: `DROP TABLE ${table}` },
    { up: `ALTER TABLE ${table} ADD COLUMN more text`, down: `ALTER TABLE ${table} DROP COLUMN more` },
    { up: `CREATE INDEX i_${year} ON ${table} (note)`, down: `DROP INDEX i_${year}` },
  ]
  return kinds.slice(0, count).map((sql, index) => ({ name: `${year}_${index + 1}`, ...sql }))
}

/** What each tool's documentation says to type in order to go back behind these; `deploys` is how many brought them. */
export function back(tool: Tool, brought: readonly Written[], deploys: number): string[][] {
  const names = namesOf(brought).toSorted()
  if (tool === 'knex') return Array.from({ length: deploys }, () => ['migrate:rollback'])
  if (tool === 'sequelize') return [['db:migrate:undo:all', '--to', fileOf(names[0] ?? '')]]
  return tool === 'prisma' ? [UP.prisma] : [['down', ...names.map(fileOf).toReversed()]]
}

/** What each tool's documentation says to type for the last one alone. */
export const LAST: Readonly<Record<Tool, string[]>> = {
  knex: ['migrate:rollback'],
  sequelize: ['db:migrate:undo'],
  umzug: ['down'],
  umzug2: ['down'],
  prisma: ['migrate', 'deploy'],
}

/** What deploys a release's migrations. */
export const UP: Readonly<Record<Tool, string[]>> = {
  knex: ['migrate:latest'],
  sequelize: ['db:migrate'],
  umzug: ['up'],
  umzug2: ['up'],
  prisma: ['migrate', 'deploy'],
}
