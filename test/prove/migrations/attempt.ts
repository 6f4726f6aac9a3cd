import { errors, UnwindError } from '../../../model/errors.ts'
import type { Move, Plan } from '../../../model/target.ts'
import { target } from '../../databases/migrations-fixture.ts'
import { type MigrationsLab, type Tool, UP } from '../../databases/migrations-lab.ts'
import { contextFor } from '../../support/conformance-drive.ts'
import type { Ground } from './ground.ts'
import type { History } from './history.ts'

/** Where one history is tried. */
export interface Place {
  lab: MigrationsLab
  ground: Ground
  tool: Tool
}

/** Unwind on one database, the tool by hand on a copy of it. Answers what was seen; throws where something is not right. */
export async function attempt(place: Place, made: History): Promise<string> {
  const { lab, ground } = place
  const ours = await ground.deployed(made.deployed)
  for (const sql of made.afterwards) await lab.postgres.server.sql(sql, ours)
  const [theirs, goal] = [await ground.copy(ours), await goalOf(ground, made)]
  const before = await ground.look(ours)
  const outcome = await during(lab, ours, made, () => unwound(place, ours, made))
  if (outcome !== made.expected) throw new Error(`expected ${made.expected}, but it was ${outcome}`)
  const after = await ground.look(ours)
  const right = made.expected === 'undone' ? goal : before
  if (after !== right) throw new Error(`Unwind left ${after}, but right is ${right}`)
  const hand = await during(lab, theirs, made, () => byHand(place, theirs, made, goal))
  if (hand.led !== made.byHand)
    throw new Error(`by hand the tool ${hand.led} (${hand.said}), but it was said to be: ${made.byHand}`)
  if (made.expected === 'undone' && place.tool === 'prisma') await takenUpAgain(place, ours, made)
  await Promise.all([ours, theirs].map(ground.drop))
  return `${outcome}; by hand ${hand.led}`
}

/** A role that may migrate; `prove` makes it. */
export const SOMEBODY = 'somebody'

/** What the tool itself makes of the old release on an empty database. */
async function goalOf(ground: Ground, { target: files }: History): Promise<string> {
  const fresh = await ground.deployed([files])
  const goal = await ground.look(fresh)
  await ground.drop(fresh)
  return goal
}

/** Carries out the work while somebody else is connected, or holds a lock. */
async function during<Result>(
  lab: MigrationsLab,
  database: string,
  { meanwhile }: History,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!meanwhile) return work()
  const guest = await lab.postgres.guest(database, SOMEBODY)
  try {
    if ('lock' in meanwhile) await guest.query(meanwhile.lock)
    return await work()
  } finally {
    await guest.end()
  }
}

/** `undone`, or the code of the refusal; each verb is called once where the engine would try it again. */
async function unwound({ lab, ground, tool }: Place, database: string, made: History): Promise<string> {
  const context = contextFor(await lab.connect(database))
  const step = target.schema.parse({
    kind: 'migrations',
    tool: tool === 'umzug2' ? 'umzug' : tool,
    leaving: await ground.release(made.leaving),
    target: await ground.release(made.target),
    strategy: 'undo-migrations',
    ...(made.force && { force: { reason: made.force } }),
  }) as never
  try {
    const plan: Plan = await target.plan(step, context)
    const names = (plan.to['migrations'] as { name: string }[]).map(({ name }) => name.replace(/\.js$/, ''))
    if (names.join() !== made.undo.join()) return `a plan to undo ${names.join()} instead of ${made.undo.join()}`
    return await carriedOut(step, plan, context)
  } catch (error) {
    if (error instanceof UnwindError) return told(error)
    throw error
  }
}

/** A migration takes one step, and one of them may need another before it. */
const STEPS = 10

async function carriedOut(step: never, plan: Move, context: ReturnType<typeof contextFor>): Promise<string> {
  for (let count = 0; count < STEPS; count++)
    if ('state' in (await target.apply(step, plan, context))) {
      const verdict = await target.verify(step, plan.to, context)
      return 'status' in verdict && verdict.status === 'pass' ? 'undone' : `not verified: ${verdict.evidence.summary}`
    }
  return `not done after ${STEPS} steps`
}

/** Only the closed table's codes count; the sentence helps whoever reads a failure. */
function told({ code, message }: UnwindError): string {
  if (!(code in errors)) throw new Error(`${code} is no code: ${message}`)
  return code
}

async function byHand({ lab, ground, tool }: Place, database: string, made: History, goal: string) {
  // Prisma has no way back to type: what counts is what the old image does when it starts.
  const files = await ground.release(tool === 'prisma' ? made.target : made.leaving)
  for (const args of made.hand) {
    const failed = await lab.byHand(files, tool, database, args).then(() => undefined, String)
    if (failed !== undefined) return { led: 'fails' as const, said: failed.slice(-300) }
  }
  const there = await ground.look(database)
  return { led: there === goal ? ('arrives' as const) : ('strays' as const), said: `${there} instead of ${goal}` }
}

/** Prisma reads what was taken back as never applied: deployed again, the release is as it was. */
async function takenUpAgain({ lab, ground, tool }: Place, database: string, { leaving }: History): Promise<void> {
  await lab.byHand(await ground.release(leaving), tool, database, UP[tool])
  const fresh = await ground.deployed([leaving])
  const [again, right] = [await ground.look(database), await ground.look(fresh)]
  await ground.drop(fresh)
  if (again !== right) throw new Error(`deployed again it is ${again}, but right is ${right}`)
}
