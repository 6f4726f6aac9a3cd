import { afterAll, beforeAll, expect, test } from 'vitest'
import { applied, contextFor, planOf, verified } from '../support/conformance-drive.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { openUnleash, type UnleashLab, unleashFixture } from './unleash-fixture.ts'

let lab: UnleashLab
beforeAll(async () => {
  lab = await openUnleash()
}, 600_000)
afterAll(() => lab.server.stop())

describeTarget('unleash', async () => unleashFixture(lab))

const context = () => contextFor(lab.connection)

test('undo restores exactly, also where turning on adds a strategy that was not there', async () => {
  const flag = await lab.flag()
  const path = `projects/default/features/${flag}/environments/production/strategies`
  const [only] = (await lab.environment(flag)).strategies
  // The flag is on, and its only strategy is disabled: Unleash adds one for everybody when it is turned on again.
  await lab.admin('PATCH', `${path}/${only?.id}`, [{ op: 'replace', path: '/disabled', value: true }])
  const before = await lab.environment(flag)
  const plan = await planOf(lab.target, lab.step(flag), context())
  const state = await applied(lab.target, lab.step(flag), plan, context())
  const back = { from: state, to: plan.from }
  await lab.target.apply(lab.target.schema.parse(lab.step(flag)) as never, back, context())
  const added = (await lab.environment(flag)).strategies.length - before.strategies.length
  expect(added).toBe(1)
  await applied(lab.target, lab.step(flag), back, context())
  expect(await lab.environment(flag)).toEqual(before)
  expect(await verified(lab.target, lab.step(flag), plan.from, context())).toMatchObject({ status: 'pass' })
})
