import { type MigrationsLab, openMigrationsLab, type Tool } from '../databases/migrations-lab.ts'
import { roll } from '../support/dice.ts'
import { attempt, SOMEBODY } from './migrations/attempt.ts'
import { openGround } from './migrations/ground.ts'
import { history, shapesOf, TOOLS } from './migrations/histories.ts'
import type { Shape } from './migrations/variations.ts'

export const title = 'Every history of migrations gets the right decision, for each tool'

export const describe =
  'Starts a PostgreSQL. For each of Knex, Sequelize, umzug 3, umzug 2 and Prisma --cases N random histories are made by the tool itself; what Unwind decides and leaves is compared with what is right, and with the tool run by hand on a copy. --only knex takes one tool, --only knex-7 one history; --prisma 7 has the engine of Prisma 7 deploy.'

export const cases = 20

interface Line {
  name: string
  passed: boolean
  detail?: string
}

type Report = (line: Line) => void

/** Tries N histories for each tool, two tools at a time; every shape comes once before one comes again. */
export async function prove(
  { cases: count, seed, args = [] }: { cases: number; seed: number; args?: string[] },
  report: Report,
): Promise<void> {
  const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : undefined
  const chosen = TOOLS.filter((tool) => only === undefined || only.replace(/-\d+$/, '') === tool)
  if (chosen.length === 0) throw new Error(`there is no tool ${only}; there is: ${TOOLS.join(', ')}`)
  const lab = await openMigrationsLab({
    prisma: args.includes('--prisma') && args[args.indexOf('--prisma') + 1] === '7' ? 7 : 6,
  })
  const queue = [...chosen]
  const lane = async () => {
    for (let tool = queue.shift(); tool; tool = queue.shift()) await ofTool(lab, tool, { count, seed, only }, report)
  }
  try {
    await lab.postgres.role(SOMEBODY, 'SUPERUSER')
    await Promise.all([lane(), lane()])
  } finally {
    await lab.close()
  }
}

async function ofTool(
  lab: MigrationsLab,
  tool: Tool,
  { count, seed, only }: { count: number; seed: number; only: string | undefined },
  report: Report,
): Promise<void> {
  const ground = openGround(lab, tool)
  for (const [index, shape] of shapes(tool, count, seed).entries()) {
    const id = `${tool}-${index + 1}`
    if (only?.includes('-') && only !== id) continue
    const made = history(tool, shape, roll(seed, index))
    const name = `${id}: ${shape}`
    try {
      report({ name, passed: true, detail: await attempt({ lab, ground, tool }, made) })
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      report({ name, passed: false, detail: `${said} (alone: --only ${id})` })
    }
  }
}

/** Every shape of the tool once, in random order, and again until there are enough. */
function shapes(tool: Tool, count: number, seed: number): Shape[] {
  const all: Shape[] = []
  for (let round = 0; all.length < count; round++) {
    const dice = roll(seed, -1 - round)
    const left = shapesOf(tool)
    while (left.length > 0) all.push(...left.splice(dice.between(0, left.length - 1), 1))
  }
  return all.slice(0, count)
}
