import { expect, test } from 'vitest'
import { expectedOf } from '../../model/expected.ts'
import type { CompiledStep, StepState } from '../../model/run.ts'
import { step } from '../cli/record.ts'

const MINUTE = 60_000
const LIMITS = { apply: MINUTE, verify: 190_000 }

function planned(id: string, compiled: Partial<CompiledStep> = {}): [StepState, CompiledStep] {
  const { title, kind, connection } = step()
  const base = { id, title, kind, connection, optional: false }
  const { plan, ...state } = step({ ...base, ...(compiled.role && { role: compiled.role }) })
  const { group } = compiled
  const moves = compiled.role === undefined && plan
  return [
    { ...state, ...(moves && { plan: { ...plan, limits: LIMITS } }), ...(group !== undefined && { group }) },
    { ...base, step: {}, onFailure: 'pause', ...compiled },
  ]
}

function expected(...steps: [StepState, CompiledStep][]) {
  return expectedOf(
    steps.map(([state]) => state),
    steps.map(([, compiled]) => compiled),
  )
}

const CHECK = { every: 15_000, within: 5 * MINUTE, consecutive: 4, warmUp: MINUTE, measurements: [] }

test('a change takes at most its limits, and no longer than its own time for each', () => {
  expect(expected(planned('a'))).toEqual({ least: 0, most: 250_000, people: 0 })
  expect(expected(planned('a', { timeout: 90_000 }))).toEqual({ least: 0, most: 150_000, people: 0 })
})

test('a check takes at least its warm-up and the looks in a row, a wait what it says', () => {
  expect(expected(planned('a', { role: 'check', check: CHECK }))).toEqual({ least: 105_000, most: 375_000, people: 0 })
  const wait = planned('b', { role: 'wait', asked: { text: 'Drain', wait: 30_000 } })
  expect(expected(wait)).toEqual({ least: 30_000, most: 30_000, people: 0 })
})

test('what may be left out need take no time, what is tried again takes that much longer', () => {
  const retry = { attempts: 2, pause: 10_000 }
  const check = planned('a', { role: 'check', check: CHECK, when: 'steps.b.passed', retry })
  expect(expected(check)).toEqual({ least: 0, most: 3 * 375_000 + 20_000, people: 0 })
})

test('steps of a group take as long as the longest, groups and steps one after the other; people are counted', () => {
  const wait = (id: string, span: number, group?: number) =>
    planned(id, { role: 'wait', asked: { text: id, wait: span }, ...(group !== undefined && { group }) })
  const manual = planned('m', { role: 'manual', asked: { text: 'Open the shop' } })
  const all = [wait('a', 1_000, 1), wait('b', 4_000, 1), wait('c', 2_000, 2), wait('d', 500), manual]
  expect(expected(...all)).toEqual({ least: 6_500, most: 6_500, people: 1 })
})

test('of several procedures only the steps of the chosen one count', () => {
  const [state, compiled] = planned('a', { role: 'wait', asked: { text: 'a', wait: 1_000 }, procedure: 'small' })
  const other = { ...compiled, procedure: 'large', asked: { text: 'a', wait: 9_000 } }
  expect(expectedOf([{ ...state, procedure: 'small' }], [other, compiled]).most).toBe(1_000)
})
