import { expect, inject, test } from 'vitest'
import { prove } from '../prove/runbooks.ts'

const CASES = 200

test('random runbooks with random faults do what the reference model of the semantics says', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  await prove({ cases: CASES, seed: 4, args: ['--temporal', inject('temporalAddress')] }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines).toHaveLength(CASES)
})
