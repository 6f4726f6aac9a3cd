import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ssmParameter } from '../../activities/targets/ssm-parameter/index.ts'
import type { Ledger } from '../../model/service/facts.ts'
import type { CallContext, Target } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf } from '../support/conformance-drive.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { until } from '../support/until.ts'
import { openSsm, type SsmLab, ssmFixture } from './ssm-fixture.ts'

const target = ssmParameter as unknown as Target
let lab: SsmLab
beforeAll(async () => {
  lab = await openSsm()
})
afterAll(() => lab.close())

describeTarget('ssm-parameter, against moto,', async () => ssmFixture(lab))

const plan = (name: string, more: object = {}, context: Partial<CallContext> = {}) =>
  planOf(target, lab.step(name, more), contextFor(lab.connection, context))

/** A ledger with two releases: the bad one that runs now, and the good one before it, deployed at that time. */
function ledgerOf(goodAt: number, badAt: number): () => Promise<Ledger> {
  const release = { images: [], migrations: [], denied: false }
  return async () => ({
    releases: [
      { ...release, version: 'v1.9', deployedAt: badAt, verified: false },
      { ...release, version: 'v1.8', deployedAt: goodAt, verified: true },
    ],
  })
}

describe('which version is gone back to', () => {
  it('a number, a label, or the newest one that holds something else', async () => {
    const name = await lab.parameter(['one', 'two', 'three', 'three'])
    await lab.label(name, 1, 'stable')
    expect((await plan(name, { to: 1 })).to).toMatchObject({ version: 1 })
    expect((await plan(name, { to: 'stable' })).to).toMatchObject({ version: 1 })
    expect((await plan(name, { to: 'previous' })).to).toMatchObject({ version: 2 })
    const error = await errorOf(() => plan(name, { to: 9 }))
    expect([error.code, error.message]).toEqual([
      'NO_ROLLBACK_TARGET',
      expect.stringContaining('version 9; there is 4 ('),
    ])
    const there = await plan(name, { to: 3 })
    expect(there.warnings.map(({ code }) => code)).toEqual(['ALREADY_THERE'])
    expect(there.to).toEqual(there.from)
  })

  it('what the last good release was deployed with, and what came while it ran has to be confirmed', async () => {
    const name = await lab.parameter(['one'])
    const before = Date.now()
    await until(
      async () => Date.now(),
      (now) => now > before + 5,
      () => 'the clock stands still',
    )
    await lab.put(name, 'two')
    const between = Date.now()
    const calm = await plan(name, { to: 'last-good' }, { ledger: ledgerOf(before, before + 1) })
    expect([calm.to, calm.release, calm.warnings]).toEqual([expect.objectContaining({ version: 1 }), 'v1.8', []])
    const busy = await plan(name, { to: 'v1.8' }, { ledger: ledgerOf(before, between + 1_000) })
    expect(busy.warnings).toEqual([expect.objectContaining({ code: 'CHANGED_WHILE_IT_RAN', confirm: true })])
    const early = await errorOf(() => plan(name, { to: 'last-good' }, { ledger: ledgerOf(before - 60_000, before) }))
    expect([early.code, early.message]).toEqual(['NO_ROLLBACK_TARGET', expect.stringContaining('was deployed with')])
    const guessed = await plan(name, { to: 'last-good' })
    expect(guessed.warnings.map(({ code }) => code)).toEqual(['UNVERIFIED_TARGET'])
  })
})

describe('what is written', () => {
  it('the old value as a new version; undo brings back exactly what was left', async () => {
    const name = await lab.parameter(['old', 'bad'], { type: 'SecureString' })
    const made = await plan(name)
    expect(made.changes).toEqual([{ path: 'value', from: '(hidden)', to: '(hidden, another value)' }])
    const context = contextFor(lab.connection)
    await applied(target, lab.step(name), made, context)
    expect(await lab.read(name)).toEqual({ value: 'old', version: 3, type: 'SecureString' })
    const undo = await plan(name, {}, { towards: made.from })
    await applied(target, lab.step(name), undo, context)
    expect(await lab.read(name)).toEqual({ value: 'bad', version: 4, type: 'SecureString' })
  })

  it('what somebody wrote in the same moment is kept as a version, and told', async () => {
    const name = await lab.parameter(['old', 'bad'])
    const made = await plan(name)
    lab.meddle(() => lab.put(name, 'meant by somebody'))
    const error = await errorOf(async () => applied(target, lab.step(name), made, contextFor(lab.connection)))
    expect([error.code, error.facts]).toEqual(['PLAN_STALE', { untouched: false }])
    expect(error.message).toContain('that is version 3, and version 4 holds what was gone back to')
    expect((await plan(name, { to: 3 })).to).toMatchObject({ version: 3 })
  })

  it('another account than the configured one changes nothing', async () => {
    const name = await lab.parameter(['one', 'two'])
    const { pin, ...rest } = lab.credentials() as { pin: object }
    const elsewhere = await target.connect({ ...rest, pin: { ...pin, account: '999999999999' } }, 'elsewhere')
    const error = await errorOf(() => planOf(target, lab.step(name), contextFor(elsewhere)))
    expect(error.code).toBe('TARGET_MISMATCH')
  })
})
