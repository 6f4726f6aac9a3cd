import { expect, inject, test } from 'vitest'
import { prove } from '../prove/messages.ts'

/** So many kills fit; `npm run prove -- messages` kills at every write of every channel, and measures durations. */
const CASES = 2

test('workers that are killed around a message leave one object of it', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  const args = ['--temporal', inject('temporalAddress'), '--only', 'linear', '--no-slowness']
  await prove({ cases: CASES, seed: 0, args }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines.at(-1)).toEqual({
    name: 'never two objects for one key',
    passed: true,
    detail: expect.stringMatching(/^2 kills, 2 objects, 0 twice, 0 missing;/),
  })
})
