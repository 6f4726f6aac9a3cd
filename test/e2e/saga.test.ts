import { expect, test } from 'vitest'
import { prove } from '../prove/saga.ts'

/** So many fit; `npm run prove -- saga` tries everything that can happen to every call. */
const CASES = 4

test('a restored database takes the place of the old one, or nothing is changed, whatever happens to a call', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  await prove({ cases: CASES, seed: 7, args: [] }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines).toHaveLength(CASES + 2)
})
