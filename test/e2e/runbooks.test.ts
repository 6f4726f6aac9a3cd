import { expect, inject, test } from 'vitest'
import { cases, prove } from '../prove/runbooks.ts'

test('random runbooks with random faults do what the reference model of the semantics says', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  await prove({ cases, seed: 4, args: ['--temporal', inject('temporalAddress')] }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines).toHaveLength(cases)
})
