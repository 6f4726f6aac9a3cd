import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../activities/postgres/connect.ts'
import type { CallContext, Plan } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { until } from '../support/until.ts'
import { fence, target } from './fence-fixture.ts'
import { openPostgresLab, type PostgresLab } from './postgres-lab.ts'

let lab: PostgresLab
beforeAll(async () => {
  lab = await openPostgresLab({ max_prepared_transactions: '5' })
})
afterAll(() => lab?.close())

/** The verbs on one database, driven as the engine drives them. */
function verbs(connection: Database, fields: object = {}, more: Partial<CallContext> = {}) {
  const step = fence(fields)
  const context = contextFor(connection, more)
  return {
    context,
    plan: (again: Partial<CallContext> = {}) => planOf(target, step, { ...context, ...again }),
    planError: () => errorOf(() => planOf(target, step, context)),
    apply: (plan: Pick<Plan, 'from' | 'to'>) => applied(target, step, plan, context),
    applyOnce: async (plan: Plan) => target.apply(target.schema.parse(step) as never, plan, context),
    verify: (state: Plan['to']) => verified(target, step, state, context),
    verifyOnce: async (state: Plan['to']) => target.verify(target.schema.parse(step) as never, state, context),
  }
}

const codes = ({ warnings }: Plan) => warnings.map(({ code }) => code)
const canConnect = (database: string, role: string) =>
  lab.guest(database, role).then(
    () => true,
    () => false,
  )

describe('a fence keeps everybody out but the worker', () => {
  it('with the least rights: sessions of the application and of the owner end, and nobody comes back until it is opened', async () => {
    const name = await lab.database('CREATE TABLE orders (id serial PRIMARY KEY)')
    const [app, worker] = [await lab.role(`app_${name}`), await lab.role(`unwind_${name}`)]
    await lab.server.sql(await rights(name, worker))
    const guests = [await lab.guest(name, app), await lab.guest(name, `owner_${name}`)]
    const verb = verbs(await lab.connect(name, worker))
    const plan = await verb.plan()
    expect(codes(plan)).toEqual([])
    expect(plan.data).toBe(true)
    expect(plan.impact?.[0]).toContain(`1 of ${app}, 1 of owner_${name}`)
    const before = await lab.server.sql('SELECT clock_timestamp()')
    const state = await verb.apply(plan)
    expect(Date.parse(String(state['fencedAt']))).toBeGreaterThanOrEqual(Date.parse(before))
    expect(Date.parse(String(state['fencedAt']))).toBeLessThanOrEqual(Date.now() + 1_000)
    expect(await verb.verify(state)).toMatchObject({ status: 'pass', evidence: { facts: { commits: 0, rows: 0 } } })
    for (const guest of guests) await expect(guest.query('SELECT 1')).rejects.toThrow()
    expect(await canConnect(name, app)).toBe(false)
    expect(await canConnect(name, `owner_${name}`)).toBe(false)
    const opened = await verb.apply({ from: state, to: plan.from })
    expect((await verb.verify(opened)).status).toBe('pass')
    expect(await canConnect(name, app)).toBe(true)
    expect(await canConnect(name, `owner_${name}`)).toBe(true)
  })

  it('twenty clients that insert and connect again all the time: what was acknowledged is there, nothing comes later', async () => {
    const name = await lab.database(
      'CREATE TABLE orders (id serial PRIMARY KEY); GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO PUBLIC',
    )
    const app = await lab.role(`busy_${name}`)
    let [acknowledged, refused, stop] = [0, 0, false]
    const client = async () => {
      while (!stop) {
        try {
          const guest = await lab.guest(name, app)
          for (;;) {
            await guest.query('INSERT INTO orders DEFAULT VALUES')
            acknowledged += 1
          }
        } catch {
          refused += 1
          await new Promise((next) => setTimeout(next, 5))
        }
      }
    }
    const clients = Array.from({ length: 20 }, client)
    await until(
      async () => acknowledged,
      (count) => count > 200,
      (count) => `only ${count} rows`,
      30_000,
    )
    const verb = verbs(await lab.connect(name), { quiet: '1s' })
    const state = await verb.apply(await verb.plan())
    const verdict = await verb.verify(state)
    const rows = Number(await lab.server.sql('SELECT count(*) FROM orders', name))
    stop = true
    await Promise.all(clients)
    expect(verdict.status, verdict.evidence.summary).toBe('pass')
    expect(refused).toBeGreaterThan(0)
    expect(rows).toBeGreaterThanOrEqual(acknowledged)
    expect(Number(await lab.server.sql('SELECT count(*) FROM orders', name))).toBe(rows)
  })
})

describe('what a revoked right does not hold is said before, and never passes', () => {
  it('a superuser: the plan asks, the proof fails and names it; named in roles, it loses its login and gets it back', async () => {
    const name = await lab.database()
    const root = await lab.role(`root_${name}`, 'SUPERUSER')
    await lab.guest(name, root)
    const mild = verbs(await lab.connect(name))
    const doubtful = await mild.plan()
    expect(doubtful.warnings).toMatchObject([{ code: 'SUPERUSER_INSIDE', confirm: true }])
    const done = await mild.apply(doubtful)
    await lab.guest(name, root)
    expect(await mild.verify(done)).toMatchObject({ status: 'fail' })
    await mild.apply({ from: done, to: doubtful.from })
    const strict = verbs(await lab.connect(name), { roles: [root] })
    const plan = await strict.plan()
    expect(codes(plan)).toEqual(['LOGIN_REVOKED'])
    const state = await strict.apply(plan)
    expect((await strict.verify(state)).status).toBe('pass')
    expect(await canConnect(name, root)).toBe(false)
    await strict.apply({ from: state, to: plan.from })
    expect(await canConnect(name, root)).toBe(true)
  })

  it('an exempt role that writes fails the proof, and a prepared transaction proves nothing', async () => {
    const name = await lab.database('CREATE TABLE t (n int); GRANT ALL ON t TO PUBLIC')
    const kept = await lab.role(`kept_${name}`)
    const guest = await lab.guest(name, kept)
    const verb = verbs(await lab.connect(name), { except: [kept], quiet: '2s' })
    const state = await verb.apply(await verb.plan())
    const [verdict] = await Promise.all([verb.verifyOnce(state), repeatFor(1_500, guest, 'INSERT INTO t VALUES (1)')])
    expect(verdict).toMatchObject({
      status: 'fail',
      evidence: { summary: expect.stringMatching(/rows of \w+ were written/) },
    })
    await guest.query(`BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'later'`)
    await guest.end()
    expect(await verb.verify(state)).toMatchObject({ status: 'inconclusive', evidence: { facts: { prepared: 1 } } })
    await lab.server.sql(`ROLLBACK PREPARED 'later'`, name)
    expect((await verb.verify(state)).status).toBe('pass')
  })

  it('statistics that are written about tables, as by autovacuum, are nobody’s rows: it looks again', async () => {
    const name = await lab.database('CREATE TABLE t AS SELECT generate_series(1, 1000) AS n')
    const owner = `owner_${name}`
    await lab.server.sql(`ALTER TABLE t OWNER TO ${owner}`, name)
    const guest = await lab.guest(name, owner)
    const verb = verbs(await lab.connect(name), { except: [owner], quiet: '2s' })
    const state = await verb.apply(await verb.plan())
    const [seen] = await Promise.all([verb.verifyOnce(state), repeatFor(1_500, guest, 'ANALYZE t')])
    expect(seen).toMatchObject({ again: expect.any(Number), evidence: { facts: { rows: 0 } } })
    expect(seen.evidence.facts?.['catalogue']).toBeGreaterThan(0)
    await guest.end()
    expect((await verb.verify(state)).status).toBe('pass')
  })

  it('an application that shares the worker’s role, or a right that another than the owner granted, is refused', async () => {
    const name = await lab.database()
    await lab.guest(name, `owner_${name}`)
    const shared = await verbs(await lab.connect(name, `owner_${name}`)).planError()
    expect(shared).toMatchObject({ code: 'TARGET_REJECTED' })
    expect(shared.message).toMatch(/a role of its own/)
    const [between, last] = [await lab.role(`between_${name}`), await lab.role(`last_${name}`)]
    await lab.server.sql(
      `GRANT CONNECT ON DATABASE ${name} TO ${between} WITH GRANT OPTION; SET ROLE ${between}; GRANT CONNECT ON DATABASE ${name} TO ${last}`,
    )
    const foreign = await verbs(await lab.connect(name)).planError()
    expect(foreign.message).toMatch(new RegExp(`of ${last} was granted by ${between}`))
  })

  it('a role with a right to connect but not the owner’s: PostgreSQL only warns, Unwind refuses', async () => {
    const name = await lab.database()
    const role = await lab.role(`nearly_${name}`, 'IN ROLE pg_read_all_stats, pg_signal_backend')
    await lab.server.sql(`GRANT CONNECT ON DATABASE ${name} TO ${role} WITH GRANT OPTION`)
    const verb = verbs(await lab.connect(name, role))
    const error = await errorOf(async () => verb.apply(await verb.plan()))
    expect(error.code).toBe('TARGET_FORBIDDEN')
  })
})

describe('an explicit step opens what another step fenced', () => {
  it('in the same run it is planned from what the fence will leave; in a later one from what the database remembers', async () => {
    const name = await lab.database()
    await lab.server.sql(`COMMENT ON DATABASE ${name} IS 'the shop''s'`)
    const root = await lab.role(`login_${name}`, 'SUPERUSER')
    const connection = await lab.connect(name)
    const closing = verbs(connection, { roles: [root] })
    const plan = await closing.plan()
    const opening = verbs(connection, { to: 'open' }, { rollbackId: closing.context.rollbackId })
    const planned = await opening.plan({ assumed: plan.to })
    await closing.apply(plan)
    expect(
      await lab.server.sql(`SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '${name}'`),
    ).toContain('fenced by unwind')
    expect((await opening.plan()).to).toEqual(planned.to)
    const later = verbs(connection, { to: 'open', force: { reason: 'that run was aborted' } })
    const remembered = await later.plan()
    expect(codes(remembered)).toEqual(['OWNED'])
    expect(remembered.to).toEqual(planned.to)
    const opened = await opening.apply(planned)
    expect((await opening.verify(opened)).status).toBe('pass')
    expect(await canConnect(name, root)).toBe(true)
    expect(
      await lab.server.sql(`SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '${name}'`),
    ).toBe(`the shop's`)
    expect((await opening.plan({ towards: plan.to })).changes.length).toBeGreaterThan(0)
  })
})

/** The statements of docs/rbac, with the names of this database. */
async function rights(database: string, worker: string): Promise<string> {
  const file = async (kind: string) => readFile(new URL(`../../docs/rbac/${kind}/role.sql`, import.meta.url), 'utf8')
  const text = `${await file('postgres')}${await file('postgres-fence')}`
  const named = text.replaceAll('shop_owner', `owner_${database}`).replaceAll(/\bshop\b/g, database)
  // The lab has made the role already, with a password.
  return named.replace(/^CREATE ROLE.*$/m, '').replaceAll(/\bunwind\b/g, worker)
}

async function repeatFor(ms: number, client: { query: (text: string) => Promise<unknown> }, text: string) {
  const end = Date.now() + ms
  while (Date.now() < end) await client.query(text)
}
