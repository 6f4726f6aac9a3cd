import { expect, inject, test } from 'vitest'
import { type Line, prove } from '../prove/input.ts'

test('every error of the table comes about, and no bad request changes anything', { timeout: 180_000 }, async () => {
  const failed: Line[] = []
  const options = { cases: 400, seed: 20_261_124, args: ['--temporal', inject('temporalAddress')] }
  await prove(options, (line) => {
    if (!line.passed) failed.push(line)
  })
  expect(failed).toEqual([])
})
