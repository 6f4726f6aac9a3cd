import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { fileOf, type MigrationsLab, openMigrationsLab } from './migrations-lab.ts'
import { BROUGHT, killed, OLD, shopOf, waiting } from './migrations-ground.ts'

// Each case runs a tool's own command several times, which takes its time where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

let lab: MigrationsLab
beforeAll(async () => {
  lab = await openMigrationsLab()
})
afterAll(() => lab?.close())

describe.each(['knex', 'sequelize', 'umzug', 'umzug2', 'prisma'] as const)('migrations of %s', (tool) => {
  it('plans what the release brought, newest first, and the SQL that would run; takes it back; verifies', async () => {
    const shop = await shopOf(lab, tool)
    const plan = await shop.plan()
    const named = (name: string) => (tool === 'prisma' ? name : fileOf(name))
    expect(plan.lost).toEqual([named('3_notes'), named('2_carts')])
    expect(plan.changes).toEqual([
      { path: named('3_notes'), to: 'DROP INDEX carts_note' },
      { path: named('2_carts'), to: 'DROP TABLE carts' },
    ])
    expect(plan.schema, 'the undo destroys rows').toBe('unsafe')
    expect(await shop.has('carts_note'), 'a plan changes nothing').toBe(true)
    const state = await shop.apply(plan)
    expect([await shop.has('carts'), await shop.has('orders'), await shop.names()]).toEqual([false, true, '1_orders'])
    expect((await shop.verify(plan)).status).toBe('pass')
    await shop.apply({ from: state, to: plan.from })
    expect([await shop.has('carts_note'), await shop.names()]).toEqual([true, '1_orders 2_carts 3_notes'])
  })

  it('refuses where a file of what was applied is missing', async () => {
    const shop = await shopOf(lab, tool)
    const folder = join(lab.releases, shop.leaving, tool === 'prisma' ? 'prisma/migrations' : 'migrations')
    const gone = tool === 'prisma' ? '3_notes' : fileOf('3_notes')
    await rename(join(folder, gone), join(lab.releases, shop.leaving, 'gone'))
    const error = await shop.planError()
    expect(error.code).toBe('TARGET_REJECTED')
    expect(error.message).toContain(`${gone} is applied, but no file of ${shop.leaving}`)
    expect(await shop.names()).toBe('1_orders 2_carts 3_notes')
  })

  it('refuses a migration without a way down, and one whose file changed since the plan', async () => {
    const brought = BROUGHT.map(({ name, up, down = '' }) => ({ name, up, down }))
    const shop = await shopOf(lab, tool, { brought })
    const plan = await shop.plan()
    const last = brought[1]
    if (!last) throw new Error('there is no last one')
    const folder = join(lab.releases, shop.leaving, tool === 'prisma' ? 'prisma/migrations/3_notes' : 'migrations')
    await lab.release(shop.leaving, tool, [{ ...last, down: 'DROP TABLE orders' }])
    const stale = await shop.applyError(plan)
    expect([stale.code, stale.facts?.['untouched']]).toEqual(['PLAN_STALE', true])
    await rm(tool === 'prisma' ? join(folder, 'down.sql') : join(folder, fileOf('3_notes')))
    await lab.release(shop.leaving, tool, [{ name: last.name, up: last.up }])
    const without = await shop.planError()
    expect(without.code).toBe('TARGET_REJECTED')
    expect(without.message).toContain('has no way down')
    expect([await shop.has('orders'), await shop.names()]).toEqual([true, '1_orders 2_carts 3_notes'])
  })

  it('takes back nothing where one of them can not be taken back', async () => {
    const shop = await shopOf(lab, tool)
    const plan = await shop.plan()
    await shop.sql('CREATE VIEW kept AS SELECT id FROM carts')
    const error = await shop.applyError(plan)
    expect(error.code).toBe('TARGET_REJECTED')
    expect([await shop.has('carts_note'), await shop.names()]).toEqual([true, '1_orders 2_carts 3_notes'])
  })

  it('waits while another run is at the migrations', async () => {
    const shop = await shopOf(lab, tool)
    const plan = await shop.plan()
    const other = await lab.postgres.guest(shop.database, `owner_${shop.database}`)
    await other.query('SELECT pg_advisory_lock(7305809221)')
    const error = await shop.applyError(plan)
    expect([error.code, await shop.names()]).toEqual(['TARGET_UNREACHABLE', '1_orders 2_carts 3_notes'])
    await other.end()
    await shop.apply(plan)
    expect(await shop.names()).toBe('1_orders')
  })
})

/** How one migration is taken back by each tool's own command, and how its row goes. */
const DOWN = {
  knex: ['migrate:down'],
  sequelize: ['db:migrate:undo'],
  umzug: ['down'],
  umzug2: ['down'],
} as const

describe.each(['knex', 'sequelize', 'umzug', 'umzug2'] as const)(
  '%s killed between a migration and its row',
  (tool) => {
    it('is gone on from: the row goes, the rest is taken back', async () => {
      const shop = await shopOf(lab, tool, { brought: BROUGHT.map((one) => ({ ...one, alone: true })) })
      const plan = await shop.plan()
      const table = tool === 'knex' ? 'knex_migrations' : '"SequelizeMeta"'
      const reader = await lab.postgres.guest(
        shop.database,
        await lab.postgres.role(`reader_${shop.database}`, 'SUPERUSER'),
      )
      await reader.query(`BEGIN; LOCK TABLE ${table} IN SHARE MODE`)
      const child = lab.started(shop.leaving, tool, shop.database, DOWN[tool])
      const pid = await waiting(shop, /^delete/i)
      await killed(shop, child, pid)
      await reader.end()
      expect([await shop.has('carts_note'), await shop.names()]).toEqual([false, '1_orders 2_carts 3_notes'])
      await shop.apply(plan)
      expect([await shop.has('carts'), await shop.names()]).toEqual([false, '1_orders'])
      expect((await shop.verify(plan)).status).toBe('pass')
    })
  },
)

it('prisma: down SQL that was run without its mark is gone on from', async () => {
  const shop = await shopOf(lab, 'prisma')
  const plan = await shop.plan()
  await shop.sql('DROP INDEX carts_note')
  await shop.apply(plan)
  expect([await shop.has('carts'), await shop.names()]).toEqual([false, '1_orders'])
})

describe('prisma', () => {
  it('keeps what was taken back as a row with rolled_back_at, and its own engine deploys it anew', async () => {
    const shop = await shopOf(lab, 'prisma')
    await shop.apply(await shop.plan())
    const rows = 'SELECT migration_name, rolled_back_at IS NOT NULL FROM _prisma_migrations ORDER BY started_at'
    expect(await shop.sql(rows)).toBe('1_orders|f\n2_carts|t\n3_notes|t')
    await shop.byHand(shop.leaving, ['migrate', 'deploy'])
    expect([await shop.has('carts_note'), await shop.names()]).toEqual([true, '1_orders 2_carts 3_notes'])
  })

  it('is the same with the engine of Prisma 7', async () => {
    const seven = await openMigrationsLab({ prisma: 7 })
    onTestFinished(() => seven.close())
    const shop = await shopOf(seven, 'prisma')
    const plan = await shop.plan()
    await shop.apply(plan)
    expect((await shop.verify(plan)).status).toBe('pass')
    expect([await shop.has('carts'), await shop.names()]).toEqual([false, '1_orders'])
    await shop.byHand(shop.leaving, [])
    expect([await shop.has('carts_note'), await shop.names()]).toEqual([true, '1_orders 2_carts 3_notes'])
  })

  it('is waited for while it migrates, and refused while one of its migrations failed', async () => {
    const shop = await shopOf(lab, 'prisma')
    const plan = await shop.plan()
    const engine = await lab.postgres.guest(shop.database, `owner_${shop.database}`)
    await engine.query('SELECT pg_advisory_lock(72707369)')
    const [planning, applying] = [await shop.planError(), await shop.applyError(plan)]
    expect([planning.code, applying.code]).toEqual(['TARGET_UNREACHABLE', 'TARGET_UNREACHABLE'])
    await engine.end()
    await shop.sql("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '3_notes'")
    const failed = await shop.planError()
    expect([failed.code, failed.message]).toEqual(['TARGET_REJECTED', expect.stringContaining('began and never ended')])
  })

  it('refuses down SQL that ends the transaction, or can not run in one', async () => {
    const [first, second = { name: '', up: '' }] = BROUGHT
    for (const down of ['DROP INDEX carts_note; COMMIT;', 'DROP INDEX CONCURRENTLY carts_note']) {
      const shop = await shopOf(lab, 'prisma', { brought: [first ?? second, { ...second, down }] })
      expect((await shop.planError()).code).toBe('TARGET_REJECTED')
    }
  })
})

describe('whether the old code can live with the schema is said in the plan', () => {
  const planned = async (brought: typeof BROUGHT, fields: object = {}) => {
    const shop = await shopOf(lab, 'sequelize', { old: OLD, brought, fields: { strategy: 'app-only', ...fields } })
    return (await shop.plan()).schema
  }
  it('safe, unsafe, or unknown', async () => {
    expect(await planned(BROUGHT)).toBe('safe')
    expect(await planned([{ name: '2_gone', up: 'ALTER TABLE orders DROP COLUMN id', down: 'SELECT 1' }])).toBe(
      'unsafe',
    )
    expect(await planned([{ name: '2_rows', up: "DO $$ BEGIN EXECUTE 'SELECT 1'; END $$", down: 'SELECT 1' }])).toBe(
      'unknown',
    )
  })
  it('unsafe too where the old release would not start over it', async () => {
    const shop = await shopOf(lab, 'knex', { fields: { strategy: 'app-only' } })
    const plan = await shop.plan()
    expect([plan.schema, plan.warnings.map(({ code }) => code)]).toEqual(['unsafe', ['BOOT_UNSAFE', 'OTHER_STRATEGY']])
  })
})
