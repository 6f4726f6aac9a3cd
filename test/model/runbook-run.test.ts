import { describe, expect, test } from 'vitest'
import { choices } from '../../model/choices.ts'
import { whyNot } from '../../model/refusal.ts'
import { openItems, tickBy } from '../../model/runbook/checklist.ts'
import type { Question } from '../../model/runbook/compiled.ts'
import { withCorrections } from '../../model/runbook/corrected.ts'
import { asksForRelease, factsOf, releaseFacts } from '../../model/runbook/facts.ts'
import { leadsTo } from '../../model/runbook/walk.ts'
import type { CompiledStep, RunInput, RunState, StepState } from '../../model/run.ts'
import { run, step } from '../cli/record.ts'

const QUESTIONS: Question[] = [
  { id: 'a', question: 'A?', onYes: { ask: 'b' }, onNo: { stop: 'Nothing to do.' } },
  { id: 'b', question: 'B?', onYes: { run: 'big' }, onNo: { run: 'small' } },
]

describe('the walk through the decision tree', () => {
  const at = (...path: ['a' | 'b', 'yes' | 'no'][]) =>
    leadsTo(
      { questions: QUESTIONS },
      path.map(([id, answer]) => ({ id, answer })),
    )

  test('goes from question to question, to a procedure or to a stop', () => {
    expect(at()).toEqual({ ask: QUESTIONS[0] })
    expect(at(['a', 'yes'])).toEqual({ ask: QUESTIONS[1] })
    expect(at(['a', 'no'])).toEqual({ stop: 'Nothing to do.' })
    expect(at(['a', 'yes'], ['b', 'yes'])).toEqual({ run: 'big' })
    expect(at(['a', 'yes'], ['b', 'no'])).toEqual({ run: 'small' })
  })

  test('an answer to another question than the one that is open counts for nothing', () => {
    expect(at(['b', 'yes'])).toEqual({ ask: QUESTIONS[0] })
  })

  test('without questions the only procedure runs', () => {
    expect(leadsTo({ questions: [], procedure: 'only' }, [])).toEqual({ run: 'only' })
    expect(leadsTo({ questions: [] }, [])).toHaveProperty('stop')
  })
})

describe('facts', () => {
  const revision = { id: '2', title: '2', current: true, verified: false }

  test('the release that is left is told by the objects that are at it, the first that knows winning', () => {
    const older = {
      ...revision,
      id: '1',
      current: false,
      createdAt: '2020-01-01T00:00:00Z',
      details: { version: 'old' },
    }
    const silent = { ...revision, details: {} }
    const telling = {
      ...revision,
      createdAt: '2026-11-24T10:00:00Z',
      details: { version: 'v1.9', migrations: '0007_a, 0008_b' },
    }
    expect(releaseFacts([[silent, older], [telling], []])).toEqual({
      version: 'v1.9',
      deployedAt: '2026-11-24T10:00:00Z',
      migrations: ['0007_a', '0008_b'],
    })
  })

  test('a revision that came back tells no time: it was made long before it was put there', () => {
    const back = { ...revision, createdAt: '2026-11-01T00:00:00Z', details: { earlierNumbers: '3, 5' } }
    expect(releaseFacts([[back]])).toEqual({})
  })

  test('a step that was carried out has passed; what has not come yet is unknown', () => {
    const state = run({
      steps: [step({ id: 'x', status: 'done' }), step({ id: 'y', status: 'skipped' }), step({ id: 'z' })],
    })
    const input = { service: 's', environment: 'e', steps: [] } as unknown as RunInput
    expect(factsOf(input, state, 5).steps).toEqual({
      x: { status: 'done', passed: true },
      y: { status: 'skipped', passed: false },
    })
  })

  test('systems are read for the release only where an expression speaks of it', () => {
    const input = (when: string) => ({ steps: [{ when }] }) as unknown as RunInput
    expect(asksForRelease(input('size(release.migrations) > 0'))).toBe(true)
    expect(asksForRelease(input('parameters.releases > 0'))).toBe(false)
  })
})

describe('the checklist', () => {
  const items = () =>
    run({
      checklist: [
        { id: 'e', phase: 'before', text: 'e', required: true, ticks: { event: 'planned' } },
        { id: 's', phase: 'during', text: 's', required: true, ticks: { step: 'app' } },
        { id: 'end', phase: 'after', text: 'end', required: true, ticks: { event: 'ended' } },
        { id: 'p', phase: 'after', text: 'p', required: false },
      ],
    })

  test('ticks from the event or from the end of the step, once', () => {
    const state = items()
    tickBy(state, { at: 1, type: 'planned', text: '' })
    tickBy(state, { at: 2, type: 'planned', text: '' })
    tickBy(state, { at: 3, type: 'step-started', text: '', stepId: 'app' })
    expect(state.checklist?.map(({ ticked }) => ticked?.at)).toEqual([1, undefined, undefined, undefined])
    tickBy(state, { at: 4, type: 'step-verified', text: '', stepId: 'app' })
    expect(state.checklist?.[1]?.ticked).toEqual({ at: 4, by: 'step-verified app' })
  })

  test('only required items hold a run, and none that its own end would tick', () => {
    expect(openItems(items()).map(({ id }) => id)).toEqual(['e', 's'])
  })
})

describe('corrected fields', () => {
  const compiled = { id: 'c', kind: 'check', step: { every: '15s' } } as unknown as CompiledStep

  test('replace those of the step, and durations become milliseconds where the engine reads them', () => {
    const check = { every: 15_000, within: 60_000, consecutive: 4, warmUp: 0, measurements: [] }
    const fields = { within: '10m', consecutive: 2, timeout: '1h' }
    expect(withCorrections({ ...compiled, check }, fields)).toMatchObject({
      step: { every: '15s', within: '10m', consecutive: 2 },
      check: { every: 15_000, within: 600_000, consecutive: 2 },
      timeout: 3_600_000,
    })
    const wait = { ...compiled, asked: { text: 'Drain', wait: 60_000 } }
    expect(withCorrections(wait, { for: '5s' }).asked).toEqual({ text: 'Drain', wait: 5_000 })
    expect(withCorrections(compiled, undefined)).toBe(compiled)
  })
})

describe('what a parked step that moves no system takes', () => {
  const offered = (over: Partial<StepState>, during: 'apply' | 'verify' | 'plan' = 'verify') =>
    choices(run({ steps: [] }), step(over), during).map(({ choice }) => choice)
  const problem = (code: 'VERIFY_FAILED' | 'VERIFY_INCONCLUSIVE' | 'STEP_DECLINED') => ({ code, message: '' })

  test.each([
    ['a check that failed', { role: 'check' as const, problem: problem('VERIFY_FAILED') }, ['retry', 'abort']],
    [
      'a check that proved nothing',
      { role: 'check' as const, problem: problem('VERIFY_INCONCLUSIVE') },
      ['retry', 'done', 'abort'],
    ],
    [
      'an optional check',
      { role: 'check' as const, optional: true, problem: problem('VERIFY_FAILED') },
      ['retry', 'skip', 'abort'],
    ],
    ['a manual step', { role: 'manual' as const, problem: problem('STEP_DECLINED') }, ['retry', 'abort']],
    [
      'an approval, even an optional one',
      { role: 'approve' as const, optional: true, problem: problem('STEP_DECLINED') },
      ['retry', 'abort'],
    ],
  ])('%s', (_name, over, wanted) => {
    expect(offered(over)).toEqual(wanted)
  })
})

describe('messages to a run by a runbook', () => {
  const signed = { signed: 'x' }
  const gate = step({ id: 'gate', asking: { what: 'approve', question: 'Go?', since: 0 } })
  const digest = 'c0ffee00'.repeat(8)
  const refused = (state: RunState, name: 'approve' | 'breakGlass' | 'answer', message: object) =>
    whyNot(state, name, { ...message, ...signed } as never)?.code

  test('an approval names the step that waits, or the plan that does', () => {
    const state = run({ steps: [gate] })
    expect(refused(state, 'approve', { planDigest: digest, stepId: 'gate' })).toBeUndefined()
    expect(refused(state, 'approve', { planDigest: digest, stepId: 'other' })).toBe('STALE_DECISION')
    expect(refused(state, 'approve', { planDigest: digest })).toBe('DECISION_REFUSED')
    expect(refused(run({ steps: [] }), 'approve', { planDigest: digest, stepId: 'gate' })).toBe('DECISION_REFUSED')
  })

  test('the glass is broken where an approval is missing, nowhere else, and never without a reason', () => {
    const body = { planDigest: digest, incident: 'INC-7', note: 'down' }
    expect(refused(run({ steps: [gate] }), 'breakGlass', body)).toBeUndefined()
    expect(refused(run({ phase: 'awaiting-approval' }), 'breakGlass', body)).toBeUndefined()
    expect(refused(run({ steps: [] }), 'breakGlass', body)).toBe('DECISION_REFUSED')
    expect(refused(run({ steps: [gate] }), 'breakGlass', { ...body, note: '' })).toBe('DECISION_REFUSED')
  })

  test('a step that waits for an approval takes no yes or no', () => {
    expect(refused(run({ steps: [gate] }), 'answer', { questionId: 'gate', attempt: 0 })).toBe('DECISION_REFUSED')
  })
})
