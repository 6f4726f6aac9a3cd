import { expect, test } from 'vitest'
import { Connections } from '../../activities/connections.ts'
import { look } from '../../activities/checks/look.ts'
import { PodsMeasurement } from '../../activities/checks/pods/schema.ts'
import type { CheckCall } from '../../model/calls.ts'
import { Configuration } from '../../model/configuration.ts'
import { UnwindError } from '../../model/errors.ts'
import type { Check } from '../../model/measurement.ts'
import type { Verdict } from '../../model/target.ts'

const configuration = Configuration.parse({
  ...{ apiVersion: 'unwind/v1', kind: 'Configuration', environments: { test: {} }, connections: {} },
})

/** One look at as many measurements as there are answers. */
function looked(...answers: (Verdict | UnwindError)[]) {
  const left = [...answers]
  const check: Check = {
    schema: PodsMeasurement,
    measure: async () => {
      const answer = left.shift()
      if (answer instanceof UnwindError || !answer) throw answer
      return answer
    },
  }
  const measurements = answers.map((_, index) => ({
    ...{ kind: 'told', title: `measurement ${index} ${'t'.repeat(500)}`, spec: { pods: 'healthy', of: 'app' } },
  }))
  const rules = { every: 1, within: 1, consecutive: 1, warmUp: 0 }
  const call = { check: { ...rules, measurements }, states: {}, environment: 'test' } as unknown as CheckCall
  const instruments = {
    ...{ configuration, connections: new Connections(configuration), targets: {} },
    checks: { told: async () => check },
  }
  return look(call, instruments, new AbortController().signal)
}

const said = (status: Verdict['status'], facts?: Record<string, unknown>): Verdict => ({
  status,
  evidence: { summary: `it is ${status} ${'s'.repeat(500)}`, ...(facts && { facts }) },
})
const away = new UnwindError('TARGET_UNREACHABLE', 'nobody answers')

test.each([
  ['pass', [said('pass'), said('pass')]],
  ['fail', [said('pass'), said('fail'), said('inconclusive'), away]],
  ['error', [said('inconclusive'), away, said('pass')]],
  ['inconclusive', [said('pass'), said('inconclusive')]],
] as const)('the worst measurement is the look: %s', async (status, answers) => {
  expect((await looked(...answers)).status).toBe(status)
})

test('a look at nothing proves nothing', async () => {
  expect((await looked()).status).toBe('inconclusive')
})

test('what waiting can not mend ends the check', async () => {
  const refused = new UnwindError('TARGET_FORBIDDEN', 'a right is missing')
  await expect(looked(said('pass'), refused)).rejects.toBe(refused)
})

test('what is kept of a look is bounded, the worst first', async () => {
  const many = await looked(...Array.from({ length: 50 }, () => said('pass')), said('fail'))
  expect(JSON.stringify(many.evidence).length).toBeLessThan(4_000)
  expect(many.evidence.facts?.['measurements']).toHaveLength(10)
  expect(many.evidence.facts).toHaveProperty(['measurements', 0, 'status'], 'fail')
  const one = await looked(said('fail', { pods: 'p'.repeat(5_000) }))
  expect(JSON.stringify(one.evidence).length).toBeLessThan(500)
  expect((await looked(said('fail', { pods: 3 }))).evidence.facts).toMatchObject({ pods: 3, status: 'fail' })
})
