import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import { digestOf, readApplied } from './applied.ts'
import { runTool } from './child.ts'
import { type Contents, contentsOf, isAtomic, wayDigest } from './contents.ts'
import { type Release, releaseOf } from './files.ts'
import { refuseLiving } from './locks.ts'
import { applyPrisma } from './prisma.ts'
import { reconcile } from './reconcile.ts'
import { RIGHTS } from './rights.ts'
import type { MigrationsStep } from './schema.ts'
import type { MigrationsState } from './state.ts'
import { tableName } from './tables.ts'

const LIMITS = { lock: 10_000, statement: 10 * 60_000 }
const TOOL_LIMIT = 12 * 60_000

type Outcome = { state: MigrationsState } | Again

/**
 * One step onwards: all of them in one transaction with their bookkeeping, or the next one by itself where a statement
 * can't run in a transaction. Whatever was done is seen in the tool's own table, so a crash at any time is gone on from.
 */
export async function apply(
  step: MigrationsStep,
  move: Move<MigrationsState>,
  context: CallContext<Database>,
): Promise<Outcome> {
  const { connection, signal } = context
  const way = move.to.at === 'target' ? 'down' : 'up'
  const { applied, locked } = await connection.session(signal, (session) => readApplied(session, step), {
    rights: RIGHTS,
  })
  const names = applied.map(({ name }) => name)
  if (digestOf(names) === move.to.applied || (move.to.migrations.length === 0 && digestOf(names) === move.from.applied))
    return { state: move.to }
  const left = remaining(names, move, way)
  if (!left) throw stale(connection, names, move)
  const leaving = await releaseOf(connection, step, 'leaving')
  const contents = await sameContents(step, leaving, move, left, context)
  const atomic = isAtomic(contents, way)
  const now = atomic ? left : left.slice(0, 1)
  const first = contents[0]
  if (way === 'down' && first && (await reconcile(step, first, connection, signal))) return onwards
  const unlock = locked && step.force !== undefined
  if (unlock) await connection.session(signal, (session) => refuseLiving(session, step, connection), { rights: RIGHTS })
  if (step.tool === 'prisma')
    await applyPrisma(step, { way, contents: contents.slice(0, now.length), before: names }, context)
  else await byTool(step, leaving, { way, now, before: names, atomic, unlock }, context)
  return atomic ? { state: move.to } : onwards
}

const onwards: Again = { again: 50, doing: 'migrations are taken one by one' }

interface Work {
  way: 'up' | 'down'
  now: string[]
  before: string[]
  atomic: boolean
  unlock: boolean
}

async function byTool(
  step: MigrationsStep,
  { root, folder }: Release,
  work: Work,
  { connection, signal }: CallContext<Database>,
): Promise<void> {
  const { way, now, before, atomic, unlock } = work
  const where = { root, folder, table: tableName(step), schema: step.schema }
  const request = { tool: step.tool, verb: way, ...where, names: now, before, atomic, unlock, limits: LIMITS }
  await runTool(connection, request, { signal, limit: TOOL_LIMIT, connects: true })
}

/** What is still to do, in order; undefined where the table is on no point of the way. */
function remaining(names: string[], { from, to }: Move<MigrationsState>, way: 'up' | 'down'): string[] | undefined {
  const moves = to.migrations.map(({ name }) => name)
  const order = way === 'down' ? moves : moves.toReversed()
  for (let done = 0; done < order.length; done++) {
    const start =
      way === 'down' ? [...names, ...order.slice(0, done).toReversed()] : names.slice(0, names.length - done)
    const passed = way === 'down' || order.slice(0, done).join('\n') === names.slice(names.length - done).join('\n')
    if (passed && digestOf(start) === from.applied) return order.slice(done)
  }
  return undefined
}

/** The SQL that was approved is the SQL that runs: files that changed since are not run. */
async function sameContents(
  step: MigrationsStep,
  leaving: Release,
  { to }: Move<MigrationsState>,
  left: string[],
  context: CallContext<Database>,
): Promise<Contents[]> {
  const planned = new Map(to.migrations.map((one) => [one.name, one]))
  const files = left.flatMap((name) => leaving.files.find((file) => file.name === name) ?? [])
  const contents = await contentsOf(step, leaving, files, context.connection, context.signal)
  const other = left.find((name) => {
    const now = contents.find(({ file }) => file.name === name)
    const then = planned.get(name)
    return !now || now.file.sha256 !== then?.sha256 || wayDigest(now.down) !== then.down
  })
  if (other)
    throw new UnwindError(
      'PLAN_STALE',
      `${other} of ${leaving.name} is not what was planned: its file changed. Plan again`,
      { untouched: true },
    )
  return contents
}

function stale({ name }: Database, names: string[], { to }: Move<MigrationsState>): UnwindError {
  const untouched =
    to.migrations.every((one) => names.includes(one.name)) || to.migrations.every((one) => !names.includes(one.name))
  return new UnwindError(
    'PLAN_STALE',
    `the migrations of ${name} are neither where they were planned from nor where they were to go; what somebody did is kept. Plan again`,
    { untouched },
  )
}
