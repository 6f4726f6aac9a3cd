import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { CallContext, Plan } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { until } from '../support/until.ts'
import { target } from './migrations-fixture.ts'
import { type MigrationsLab, type Tool, UP, type Written } from './migrations-lab.ts'

/** One database to which a tool deployed two releases, and the verbs on it. */
export interface Shop {
  database: string
  leaving: string
  sql: (text: string) => Promise<string>
  /** Whether a relation is there, by name. */
  has: (relation: string) => Promise<boolean>
  /** What the tool's table says is applied. */
  names: () => Promise<string>
  plan: () => Promise<Plan>
  /** The refusal of one call, as the engine sees it before it tries again. */
  planError: () => Promise<Awaited<ReturnType<typeof errorOf>>>
  apply: (plan: Pick<Plan, 'from' | 'to'>) => Promise<Plan['to']>
  applyError: (plan: Plan) => Promise<Awaited<ReturnType<typeof errorOf>>>
  verify: (plan: Plan) => ReturnType<typeof verified>
  /** The tool's own command in the files of a release. */
  byHand: (release: string, args: readonly string[]) => Promise<string>
}

const NAMES: Readonly<Record<Tool, string>> = {
  knex: 'SELECT name FROM knex_migrations ORDER BY id',
  sequelize: 'SELECT name FROM "SequelizeMeta" ORDER BY name',
  umzug: 'SELECT name FROM "SequelizeMeta" ORDER BY name',
  umzug2: 'SELECT name FROM "SequelizeMeta" ORDER BY name',
  prisma: 'SELECT migration_name FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at',
}

/** A table that was there, and what a release brought to it, each of which needs what came before. */
export const OLD: Written[] = [{ name: '1_orders', up: 'CREATE TABLE orders (id int)', down: 'DROP TABLE orders' }]
export const BROUGHT: Written[] = [
  { name: '2_carts', up: 'CREATE TABLE carts (id int, note text)', down: 'DROP TABLE carts' },
  { name: '3_notes', up: 'CREATE INDEX carts_note ON carts (note)', down: 'DROP INDEX carts_note' },
]

let count = 0

/** Deploys both releases by the tool itself. */
export async function shopOf(
  lab: MigrationsLab,
  tool: Tool,
  { old = OLD, brought = BROUGHT, fields = {} }: { old?: Written[]; brought?: Written[]; fields?: object } = {},
): Promise<Shop> {
  const database = await lab.postgres.database()
  const mark = `${tool}-${++count}`
  const [first, leaving] = [`v1-${mark}`, `v2-${mark}`]
  await lab.release(first, tool, old)
  await lab.release(leaving, tool, [...old, ...brought])
  const byHand: Shop['byHand'] = (release, args) => lab.byHand(release, tool, database, args)
  await byHand(first, UP[tool])
  await byHand(leaving, UP[tool])
  const context = contextFor(await lab.connect(database))
  const named = tool === 'umzug2' ? 'umzug' : tool
  const step = { kind: 'migrations', tool: named, leaving, target: first, strategy: 'undo-migrations', ...fields }
  return { ...verbs(step, context), database, leaving, byHand, ...looks(lab, tool, database) }
}

function verbs(step: object, context: CallContext) {
  const parsed = () => target.schema.parse(step) as never
  return {
    plan: () => planOf(target, step, context),
    planError: () => errorOf(async () => target.plan(parsed(), context)),
    apply: (plan: Pick<Plan, 'from' | 'to'>) => applied(target, step, plan, context),
    applyError: (plan: Plan) => errorOf(async () => target.apply(parsed(), plan, context)),
    verify: (plan: Plan) => verified(target, step, plan.to, context),
  }
}

function looks({ postgres: { server } }: MigrationsLab, tool: Tool, database: string) {
  const sql = (text: string) => server.sql(text, database)
  return {
    sql,
    has: async (relation: string) => (await sql(`SELECT to_regclass('${relation}') IS NOT NULL`)) === 't',
    names: async () => (await sql(NAMES[tool])).split('\n').join(' ').replaceAll('.js', ''),
  }
}

/** Waits until a session waits for a lock in a statement that begins so; answers its pid. */
export async function waiting({ sql }: Shop, statement: RegExp): Promise<string> {
  const seen = await until(
    () => sql("SELECT pid || ' ' || query FROM pg_stat_activity WHERE wait_event_type = 'Lock'"),
    (rows) => rows.split('\n').some((row) => statement.test(row.replace(/^\d+ /, ''))),
    (rows) => `nobody waits in ${statement}, but: ${rows}`,
    100_000,
  )
  return (
    seen
      .split('\n')
      .find((row) => statement.test(row.replace(/^\d+ /, '')))
      ?.split(' ')[0] ?? ''
  )
}

/** kill -9 of a tool in mid-migration; the server notices its end only once the statement ends, so that is brought about. */
export async function killed({ sql }: Shop, child: ChildProcess, pid: string): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await sql(`SELECT pg_terminate_backend(${pid}, 10000)`)
  await until(
    () => sql(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`),
    (others) => Number(others) <= 1,
    (others) => `${others} sessions are still there`,
  )
}
