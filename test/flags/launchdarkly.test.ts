import { afterAll, beforeAll, expect, test } from 'vitest'
import { applied, contextFor, errorOf, planOf } from '../support/conformance-drive.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { type LdLab, ldFixture, openLd } from './launchdarkly-fixture.ts'

let lab: LdLab
beforeAll(async () => {
  lab = await openLd()
})
afterAll(() => lab.double.close())

describeTarget('launchdarkly', async () => ldFixture(lab))

const context = () => contextFor(lab.connection)

test('nothing was sent or answered other than LaunchDarkly describes', () => {
  expect(lab.double.violations).toEqual([])
})

test('a flag without an off variation, and flags that need it, have to be confirmed', async () => {
  const plain = await planOf(lab.target, lab.step(lab.flag()), context())
  expect(plain.warnings).toEqual([])
  const flag = lab.flag({ dependents: ['express-checkout'] }, { offVariation: undefined })
  const { warnings } = await planOf(lab.target, lab.step(flag), context())
  expect(warnings).toMatchObject([
    { code: 'OFF_VARIATION_MISSING', confirm: true },
    { code: 'DEPENDENT_FLAGS', confirm: true, message: expect.stringContaining('express-checkout') },
  ])
})

test('what the flag itself needs is told', async () => {
  const flag = lab.flag({}, { prerequisites: [{ key: 'payments', variation: 0 }] })
  expect((await planOf(lab.target, lab.step(flag), context())).impact?.join()).toContain('payments')
})

test('an environment that wants an approval is left alone, and the answer says what to do', async () => {
  const flag = lab.flag()
  lab.double.locked.add('test')
  try {
    const plan = await planOf(lab.target, lab.step(flag), context())
    const error = await errorOf(() => applied(lab.target, lab.step(flag), plan, context()))
    expect(error).toMatchObject({ code: 'TARGET_REJECTED', message: expect.stringContaining('wants an approval') })
    expect(flag.environments['test']?.on).toBe(true)
  } finally {
    lab.double.locked.clear()
  }
})

test('a pending change is left alone, unless forced with a reason', async () => {
  const flag = lab.flag()
  lab.double.pending.add(flag.key)
  const plan = await planOf(lab.target, lab.step(flag), context())
  const error = await errorOf(() => applied(lab.target, lab.step(flag), plan, context()))
  expect(error).toMatchObject({ code: 'TARGET_REJECTED', message: expect.stringContaining('pending change') })
  await applied(lab.target, lab.step(flag, { force: { reason: 'the shop is down' } }), plan, context())
  expect(flag.environments['test']).toMatchObject({ on: false, version: 8 })
})

test('an environment or a flag that is not there is named', async () => {
  const flag = lab.flag()
  const elsewhere = await errorOf(() => planOf(lab.target, lab.step(flag, { flagEnvironment: 'nowhere' }), context()))
  expect(elsewhere).toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining('nowhere') })
  const missing = await errorOf(() => planOf(lab.target, { kind: 'launchdarkly', flag: 'missing' }, context()))
  expect(missing.code).toBe('TARGET_NOT_FOUND')
})
