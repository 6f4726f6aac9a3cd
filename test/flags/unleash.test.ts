import { afterAll, beforeAll, expect, test } from 'vitest'
import { contextFor, errorOf, planOf } from '../support/conformance-drive.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { openUnleash, type UnleashLab, unleashFixture } from './unleash-fixture.ts'

let lab: UnleashLab
beforeAll(async () => {
  lab = await openUnleash()
}, 600_000)
afterAll(() => lab.server.stop())

describeTarget('unleash', async () => unleashFixture(lab))

const context = () => contextFor(lab.connection)

test('a flag without a strategy in force is not turned on: Unleash would add one for everybody', async () => {
  const flag = await lab.flag()
  const [only] = (await lab.environment(flag)).strategies
  await lab.admin('DELETE', `projects/default/features/${flag}/environments/production/strategies/${only?.id}`)
  const error = await errorOf(() => planOf(lab.target, lab.step(flag, { to: 'on' }), context()))
  expect(error).toMatchObject({ code: 'TARGET_REJECTED', message: expect.stringContaining('no strategy in force') })
  expect((await lab.environment(flag)).enabled).toBe(false)
})
