import { expect, inject, test } from 'vitest'
import { prove } from '../prove/replay.ts'

/** So many long runbooks fit; `npm run prove -- replay` plays more, with other seeds. */
const CASES = 2

test('what one worker began another one finishes, by replay, with newer code or as a new execution', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  await prove({ cases: CASES, seed: 4, args: ['--temporal', inject('temporalAddress')] }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  for (const part of ['recorded', 'handed over', 'continued'])
    expect(lines.filter(({ name }) => name.startsWith(part)).length).toBeGreaterThanOrEqual(CASES)
})
