import { expect, inject, test } from 'vitest'
import { CASES } from '../prove/triggers/cases.ts'
import { prove } from '../prove/triggers.ts'

test('every way in which alerts come in, once: no rollback that nobody wants, none missed, a reason for each refusal', async () => {
  const failed: string[] = []
  let passed = 0
  await prove({ cases: CASES.length, seed: 7, args: ['--temporal', inject('temporalAddress')] }, (line) => {
    if (line.passed) passed++
    else failed.push(`${line.name}: ${line.detail}`)
  })
  expect(failed).toEqual([])
  expect(passed).toBe(CASES.length)
}, 300_000)
