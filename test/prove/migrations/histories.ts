import type { Tool, Written } from '../../databases/migrations-lab.ts'
import type { Dice } from '../../support/dice.ts'
import { back, namesOf } from './commands.ts'
import type { History } from './history.ts'
import { type Shape, VARIATIONS } from './variations.ts'

/** Prisma first: it takes longest. */
export const TOOLS: readonly Tool[] = ['prisma', 'knex', 'sequelize', 'umzug', 'umzug2']

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

/** A table, a column of it, an index of it: what comes later needs what came before. */
function series(year: string, count: number): Written[] {
  const table = `t_${year}_1`
  const kinds = [
    { up: `CREATE TABLE ${table} (id int, note text)`, down: `DROP TABLE ${table}` },
    { up: `ALTER TABLE ${table} ADD COLUMN more text`, down: `ALTER TABLE ${table} DROP COLUMN more` },
    { up: `CREATE INDEX i_${year} ON ${table} (note)`, down: `DROP INDEX i_${year}` },
  ]
  return kinds.slice(0, count).map((sql, index) => ({ name: `${year}_${index + 1}`, ...sql }))
}
