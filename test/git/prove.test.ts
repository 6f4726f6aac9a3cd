import { expect, it } from 'vitest'
import { prove } from '../prove/git.ts'

it('random repositories go back exactly, and reverts are those of git', async () => {
  const failed: unknown[] = []
  let count = 0
  await prove({ cases: 6, seed: 11, args: [] }, (line) => {
    count++
    if (!line.passed) failed.push(line)
  })
  expect([failed, count]).toEqual([[], 6])
})
