import { rowOf as recordedRow } from '../../databases/migrations-fixture.ts'
import { type Tool, UP } from '../../databases/migrations-lab.ts'
import { back, LAST, namesOf } from './commands.ts'
import type { History, Parts } from './history.ts'

/** What happens to a plain history, what is right then, and where the tool leads whoever uses it by hand. */
interface Variation {
  /** Absent: every tool can get there. */
  tools?: readonly Tool[]
  make: (parts: Parts) => Partial<History>
}

const refused = { expected: 'TARGET_REJECTED' as const }
const PRISMA_LOCK = 72_707_369
const OUR_LOCK = 7_305_809_221

const all = {
  plain: { make: () => ({}) },
  branches: { make: branches },
  'out of order': { make: outOfOrder },
  'missing down': { make: missingDown },
  'missing file': { make: missingFile },
  'foreign row': { make: foreignRow },
  'never applied': { make: neverApplied },
  'edited file': { make: editedFile },
  'nothing brought': { make: nothingBrought },
  'crashed between': { make: crashedBetween },
  'down fails': { make: downFails },
  locked: { make: locked },
  'lock left behind': { tools: ['knex'], make: lockLeft },
  'lock with somebody there': { tools: ['knex'], make: lockAlive },
  'failed row': { tools: ['prisma'], make: failedRow },
} satisfies Record<string, Variation>

export type Shape = keyof typeof all
export const VARIATIONS: Readonly<Record<Shape, Variation>> = all

/** Of two branches the later name was deployed first; both are the leaving release's. */
function branches({ tool, old, brought, plain }: Parts): Partial<History> {
  const merged = { name: '2021_0_merged', up: 'CREATE TABLE t_merged (id int)', down: 'DROP TABLE t_merged' }
  const leaving = [...old, merged, ...brought]
  // Tables of Sequelize and umzug know no order but that of names.
  const byName = [...namesOf(brought).toReversed(), merged.name]
  const byTime = [merged.name, ...namesOf(brought).toReversed()]
  const undo = tool === 'knex' || tool === 'prisma' ? byTime : byName
  return { leaving, deployed: [...plain.deployed, leaving], undo, hand: back(tool, [merged, ...brought], 2) }
}

/** A hotfix of the target was deployed after the release: what came later may build on what came before. */
function outOfOrder({ tool, dice, old, brought, plain }: Parts): Partial<History> {
  const between = dice.chance(0.5)
  const hotfix = {
    name: between ? '2020_9_hotfix' : '2022_hotfix',
    up: 'CREATE TABLE t_hotfix (id int)',
    down: 'DROP TABLE t_hotfix',
  }
  const target = [...old, hotfix]
  const leaving = [...old, ...(between ? [hotfix, ...brought] : [...brought, hotfix])]
  const deployed = [old, plain.leaving, leaving]
  // By name alone, which is all that their tables hold, a hotfix between the two is no different from one that was first.
  if (between && tool !== 'knex' && tool !== 'prisma') return { target, leaving, deployed }
  // Knex rolls back the last batch, which is the hotfix; the others what follows by name, unless it is named.
  const strays = tool !== 'umzug' && tool !== 'umzug2'
  return { ...refused, target, leaving, deployed, byHand: strays ? 'strays' : 'arrives' }
}

function missingDown({ tool, dice, old, brought }: Parts): Partial<History> {
  const without = dice.between(0, brought.length - 1)
  const leaving = [...old, ...brought.map((one, index) => (index === without ? { name: one.name, up: one.up } : one))]
  // Knex would not even apply it, so it was a person who did.
  const deployed = tool === 'knex' ? [old] : [old, leaving]
  const afterwards = tool === 'knex' ? brought.flatMap((one) => [one.up, rowOf('knex', one)]) : []
  // umzug 3 counts it as taken back; that goes well where it goes with its table.
  const content = { prisma: 'strays', umzug: without > 0 ? 'arrives' : 'strays' } as const
  const byHand = tool === 'prisma' || tool === 'umzug' ? content[tool] : 'fails'
  return { ...refused, leaving, deployed, afterwards, byHand }
}

/** The file of what was deployed is not in the release that is left: somebody deleted it. */
function missingFile({ tool, dice, old, brought, plain }: Parts): Partial<History> {
  const gone = dice.between(0, brought.length - 1)
  const rest = brought.filter((_, index) => index !== gone)
  const hand = rest.length > 0 ? back(tool, rest, 1) : [LAST[tool]]
  // umzug 2 looks at nothing but what it was told by name; for the last one it looks for the files of all.
  const content = tool === 'umzug' || tool === 'prisma' || (tool === 'umzug2' && rest.length > 0)
  return {
    ...refused,
    leaving: [...old, ...rest],
    deployed: [old, plain.leaving],
    hand,
    byHand: content ? 'strays' : 'fails',
  }
}

function foreignRow({ tool, dice }: Parts): Partial<History> {
  const last = dice.chance(0.5)
  const name = last ? '2023_foreign' : '2020_0_foreign'
  // sequelize-cli looks for the files of what it passes on its way, and for no others.
  const content = tool !== 'knex' && !(tool === 'sequelize' && last)
  return { ...refused, afterwards: [rowOf(tool, { name, up: '' })], byHand: content ? 'strays' : 'fails' }
}

function neverApplied({ old }: Parts): Partial<History> {
  const never = { name: '2020_9_never', up: 'CREATE TABLE t_never (id int)', down: 'DROP TABLE t_never' }
  return { ...refused, target: [...old, never], byHand: 'strays' }
}

function editedFile({ dice, old, brought, plain }: Parts): Partial<History> {
  const edited = dice.between(0, old.length - 1)
  const target = old.map((one, index) =>
    index === edited ? { ...one, up: `${one.up}; CREATE TABLE t_edited ()` } : one,
  )
  return { ...refused, target, leaving: [...old, ...brought], deployed: plain.deployed, byHand: 'strays' }
}

/** The release brought nothing; whoever takes back the last one nevertheless takes back the target's own. */
function nothingBrought({ tool, old }: Parts): Partial<History> {
  return {
    expected: 'NO_ROLLBACK_TARGET',
    leaving: old,
    deployed: [old],
    hand: [LAST[tool]],
    byHand: tool === 'prisma' ? 'arrives' : 'strays',
  }
}

/** The newest way down was committed, and its row was not deleted. */
function crashedBetween({ tool, brought }: Parts): Partial<History> {
  return { afterwards: [brought.at(-1)?.down ?? ''], byHand: tool === 'prisma' ? 'strays' : 'fails' }
}

/** Something of a person's own hangs on what goes first of all: nothing may be taken back, not even what could. */
function downFails({ tool, brought }: Parts): Partial<History> {
  const table = brought[0]?.down?.split(' ').at(-1)
  const view = `CREATE VIEW kept AS SELECT id FROM ${table}`
  return { ...refused, afterwards: [view], byHand: tool === 'prisma' ? 'strays' : 'fails' }
}

/** The tool's own lock, or where it has none another run of Unwind's, which the tool does not know. */
function locked({ tool }: Parts): Partial<History> {
  if (tool === 'knex') return { expected: 'TARGET_OWNED', afterwards: [KNEX_LOCKED], byHand: 'fails' }
  const lock = `SELECT pg_advisory_lock(${tool === 'prisma' ? PRISMA_LOCK : OUR_LOCK})`
  return { expected: 'TARGET_UNREACHABLE', meanwhile: { lock }, byHand: tool === 'prisma' ? 'fails' : 'arrives' }
}

const KNEX_LOCKED = 'UPDATE knex_migrations_lock SET is_locked = 1'
const UNLOCK = [['migrate:unlock']]

function lockLeft({ plain }: Parts): Partial<History> {
  return { force: 'its process was killed', afterwards: [KNEX_LOCKED], hand: [...UNLOCK, ...plain.hand] }
}

/** Knex frees its lock for whoever says so; that somebody may be alive is for the server to tell. */
function lockAlive({ plain }: Parts): Partial<History> {
  return {
    ...{ expected: 'TARGET_OWNED', force: 'its process was killed', afterwards: [KNEX_LOCKED] },
    ...{ meanwhile: { session: true }, hand: [...UNLOCK, ...plain.hand] },
  }
}

function failedRow(): Partial<History> {
  const last = '(SELECT max(migration_name) FROM _prisma_migrations)'
  const afterwards = [`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = ${last}`]
  return { ...refused, afterwards, hand: [UP.prisma], byHand: 'fails' }
}

/** A row as if the tool had applied a migration of that name. */
function rowOf(tool: Tool, { name, up }: { name: string; up: string }): string {
  const tables = { knex: 'knex_migrations', prisma: '_prisma_migrations' } as const
  return recordedRow(tool, tool === 'knex' || tool === 'prisma' ? tables[tool] : '"SequelizeMeta"', name, up)
}
