import { expect, inject, test } from 'vitest'
import { prove } from '../prove/crash.ts'

/** So many fit; `npm run prove -- crash` tries all of them, and others with another seed. */
const CASES = 8

test('promise 9, kill anything, any time: the run goes on by itself and changes nothing twice', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  const args = ['--kubeconfig', inject('kubeconfig')]
  await prove({ cases: CASES, seed: 7, args }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines).toHaveLength(CASES + 3)
})

test('an API server that stands still for 20 s with open connections stops no rollback', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  await prove({ cases: 1, seed: 7, args: ['--only', 'stands still'] }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines).toHaveLength(4)
})

test('a rollback of a Rollout survives the death of its worker at each moment of its write', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  await prove({ cases: 3, seed: 7, args: ['--only', 'of a rollout'] }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines).toHaveLength(6)
})
