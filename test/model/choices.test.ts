import { expect, test } from 'vitest'
import { abortEffect, choices } from '../../model/choices.ts'
import type { Problem } from '../../model/errors.ts'
import type { RunState, StepState } from '../../model/run.ts'

function step(id: string, more: Partial<StepState> = {}): StepState {
  return {
    ...{ id, kind: 'memory', title: id, connection: 'memory', optional: false },
    ...{ status: 'parked', attempt: 1, begun: true },
    ...more,
  }
}

function effects(...steps: StepState[]): Record<string, string> {
  const state = { steps } as unknown as RunState
  const last = steps.at(-1) ?? step('none')
  return Object.fromEntries(choices(state, last, 'apply').map(({ choice, effect }) => [choice, effect]))
}

const refused: Problem = { code: 'TARGET_REJECTED', message: 'not today', facts: { untouched: true } }
const lost: Problem = { code: 'TARGET_UNREACHABLE', message: 'no answer' }

test('a step that was refused before its first write is said to be unchanged', () => {
  expect(effects(step('app', { problem: refused }))).toMatchObject({
    compensate: 'ends the run; nothing has been changed',
    abort: 'ends the run; nothing has been changed',
  })
})

test('steps before a refused one are taken back, and only they stay changed', () => {
  const { compensate, abort } = effects(step('flag', { status: 'done' }), step('app', { problem: refused }))
  expect(compensate).toBe('takes back what was done: app (nothing has been changed there); flag')
  expect(abort).toBe('ends the run and reverses nothing; stays changed: flag')
})

test('a step whose outcome is not known, was applied or was done by hand counts as changed', () => {
  for (const more of [{ problem: lost }, { problem: refused, state: {} }, { problem: refused, byHand: true }])
    expect(abortEffect({ steps: [step('app', more)] } as unknown as RunState)).toContain('stays changed: app')
})
