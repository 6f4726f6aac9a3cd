import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { BROUGHT, killed, OLD, shopOf, waiting } from './migrations-ground.ts'
import { type MigrationsLab, openMigrationsLab } from './migrations-lab.ts'

vi.setConfig({ testTimeout: 300_000 })

let lab: MigrationsLab
beforeAll(async () => {
  lab = await openMigrationsLab()
})
afterAll(() => lab?.close())

const force = { force: { reason: 'its process was killed' } }
const alone = BROUGHT.map((one) => ({ ...one, alone: true }))

/** A shop on which a real `knex migrate:down` holds knex's lock, and waits for a table that somebody reads. */
async function migrating(fields: object) {
  const shop = await shopOf(lab, 'knex', { brought: alone, fields })
  const reader = await lab.postgres.guest(shop.database, await lab.postgres.role(`reader_${shop.database}`))
  await shop.sql(`GRANT SELECT ON carts TO reader_${shop.database}`)
  await reader.query('BEGIN; SELECT count(*) FROM carts')
  const child = lab.started(shop.leaving, 'knex', shop.database, ['migrate:down'])
  const pid = await waiting(shop, /^DROP INDEX/)
  return { shop, reader, child, pid }
}

describe('the lock of knex', () => {
  it('is not taken over while its migrator may live, whatever was forced; once that is gone it is', async () => {
    const { shop, reader, child, pid } = await migrating(force)
    const plan = await shop.plan()
    const owned = plan.warnings.find(({ code }) => code === 'OWNED')
    expect(owned).toMatchObject({ confirm: true, message: expect.stringContaining(`pid ${pid} as postgres`) })
    const error = await shop.applyError(plan)
    expect([error.code, error.facts?.['untouched']]).toEqual(['TARGET_OWNED', true])
    expect(error.message).toContain(`pid ${pid} as postgres`)
    expect(error.message, 'who may only read is no migrator').not.toContain('reader_')
    expect(await shop.sql('SELECT is_locked FROM knex_migrations_lock')).toBe('1')
    expect(await shop.names()).toBe('1_orders 2_carts 3_notes')
    await killed(shop, child, pid)
    await reader.end()
    await shop.apply(plan)
    expect([await shop.names(), await shop.has('carts')]).toEqual(['1_orders', false])
    expect((await shop.verify(plan)).status).toBe('pass')
  })

  it('refuses without force, and says what to do', async () => {
    const { shop, reader, child, pid } = await migrating({})
    const error = await shop.planError()
    expect(error.code).toBe('TARGET_OWNED')
    expect(error.message).toContain('set force with the reason')
    await killed(shop, child, pid)
    await reader.end()
  })

  it('counts sessions of the application, which could be the migrator', async () => {
    const shop = await shopOf(lab, 'knex', { fields: force })
    const app = await lab.postgres.role(`app_${shop.database}`)
    await shop.sql(`UPDATE knex_migrations_lock SET is_locked = 1; GRANT UPDATE ON knex_migrations_lock TO ${app}`)
    const plan = await shop.plan()
    expect(plan.warnings.find(({ code }) => code === 'OWNED')?.message).toContain('none is now')
    const session = await lab.postgres.guest(shop.database, app)
    const error = await shop.applyError(plan)
    expect([error.code, error.message]).toEqual(['TARGET_OWNED', expect.stringMatching(`as ${app} from shop`)])
    await session.end()
    await shop.apply(plan)
    expect(await shop.names()).toBe('1_orders')
  })

  it('is waited for where its migrator works in a transaction, which marks nothing that others see', async () => {
    const shop = await shopOf(lab, 'knex')
    const plan = await shop.plan()
    const table = await lab.postgres.guest(
      shop.database,
      await lab.postgres.role(`super_${shop.database}`, 'SUPERUSER'),
    )
    await table.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE')
    await lab.release(`v3-${shop.database}`, 'knex', [
      ...OLD,
      ...BROUGHT,
      { name: '4_more', up: 'ALTER TABLE orders ADD COLUMN more int', down: 'ALTER TABLE orders DROP COLUMN more' },
    ])
    const child = lab.started(`v3-${shop.database}`, 'knex', shop.database, ['migrate:latest'])
    const pid = await waiting(shop, /^ALTER TABLE orders/)
    expect(await shop.sql('SELECT is_locked FROM knex_migrations_lock'), 'nobody sees that it is held').toBe('0')
    const error = await shop.applyError(plan)
    expect([error.code, error.facts?.['sqlstate'] ?? '55P03']).toEqual(['TARGET_UNREACHABLE', '55P03'])
    expect(await shop.names()).toBe('1_orders 2_carts 3_notes')
    await killed(shop, child, pid)
    await table.end()
    await shop.apply(plan)
    expect(await shop.names()).toBe('1_orders')
  })
})
