import { expect, test } from 'vitest'
import type { Role } from '../../model/run.ts'
import { ALICE, BOB, type RunHandle } from '../support/engine.ts'
import { failing, forbidden, ok, unreachable } from '../support/faults.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

const asks = (role: Role, text: string, more: Part = {}): Part => ({ role, asked: { text }, ...more })
const RULE = { min: 2, groups: ['sre'], self: false, expires: 60_000 }
const CAROL = { subject: 'carol', groups: ['sre'] }
const EVE = { subject: 'eve', groups: ['sales'] }

/** Answers the step that asks now. */
async function answer(run: RunHandle, id: string, given: 'yes' | 'no', note?: string): Promise<void> {
  const { steps } = await run.sees(({ steps }) => steps.some((step) => step.id === id && step.asking))
  const attempt = steps.find((step) => step.id === id)?.attempt ?? 0
  await run.send('answer', { questionId: id, attempt, answer: given, ...(note && { note }) }, BOB)
}

scenarios('steps that move no system', (start) => {
  test('a manual step waits for a yes with its note; a no parks, and retry asks again', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [asks('manual', 'Close the shop'), { object: 'a' }]))
    await answer(run, 's1', 'no', 'the till is busy')
    const { parked } = await run.reaches('parked')
    expect(parked).toMatchObject({ stepId: 's1', problem: { code: 'STEP_DECLINED' } })
    expect(parked?.problem.message).toContain('bob said no: the till is busy')
    expect(parked?.choices.map(({ choice }) => choice)).toEqual(['retry', 'abort'])
    expect(object.writes).toEqual([])
    await run.decide('retry')
    await answer(run, 's1', 'yes', 'closed')
    const state = await run.ends()
    expect(state.outcome).toBe('recovered')
    expect(state.timeline.find(({ type }) => type === 'step-done')).toMatchObject({ stepId: 's1', actor: 'bob' })
    expect(object.writes).toEqual(['v1'])
  })

  test('what has not begun is planned anew after a manual step; moved, it is shown and asked', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2', 'v3')
    const run = await engine.begin(runbookInput(engine, [asks('manual', 'Close the shop'), { object: 'a' }]))
    const { planDigest } = await run.sees(({ steps }) => steps[0]?.asking !== undefined)
    object.at = 'v2'
    await answer(run, 's1', 'yes')
    const moved = await run.reaches('awaiting-approval')
    expect(moved.planDigest).not.toBe(planDigest)
    expect(moved.timeline.some(({ type }) => type === 'plan-stale')).toBe(true)
    await run.send('approve', { planDigest: moved.planDigest ?? '' })
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual(['v1'])
  })

  test('an approval in mid-run needs distinct people of the group, not who started it, and names its step', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2')
    const gate = { role: 'approve' as const, asked: { text: 'Move the traffic?', rule: RULE } }
    const run = await engine.begin(runbookInput(engine, [gate, { object: 'a' }]))
    const { planDigest = '' } = await run.sees(({ steps }) => steps[0]?.asking !== undefined)
    const yes = (actor: typeof BOB, more: object = {}) =>
      run.send('approve', { planDigest, stepId: 's1', ...more }, actor)
    const refused = (type: string, message: string) => ({ cause: { type, message: expect.stringContaining(message) } })
    await expect(yes(ALICE)).rejects.toMatchObject(refused('FORBIDDEN', 'somebody else'))
    await expect(yes(EVE)).rejects.toMatchObject(refused('FORBIDDEN', 'none of the groups'))
    await expect(yes(BOB, { stepId: 's2' })).rejects.toMatchObject(refused('STALE_DECISION', 's1'))
    await expect(yes(BOB, { planDigest: '0'.repeat(64) })).rejects.toMatchObject(refused('STALE_DECISION', planDigest))
    await yes(BOB)
    await expect(yes(BOB)).rejects.toMatchObject(refused('FORBIDDEN', 'already'))
    expect(object.writes).toEqual([])
    await yes(CAROL)
    const state = await run.ends()
    expect(state.outcome).toBe('recovered')
    expect(state.approvals.map(({ actor, stepId }) => [actor.subject, stepId])).toEqual([
      ['bob', 's1'],
      ['carol', 's1'],
    ])
  })

  test('an approval in mid-run that nobody gives in time parks and never means yes; nor does a no', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2')
    const gate: Part = {
      role: 'approve',
      optional: true,
      asked: { text: 'Go?', rule: { ...RULE, min: 1, remind: 300, escalate: 500, expires: 1_500 } },
    }
    const run = await engine.begin(runbookInput(engine, [gate, { object: 'a' }]))
    const { parked, timeline } = await run.reaches('parked')
    expect(parked?.problem.code).toBe('APPROVAL_EXPIRED')
    const nudges = timeline.flatMap(({ type, stepId }) =>
      stepId === 's1' && /^(remind|escalat)ed$/.test(type) ? [type] : [],
    )
    expect(nudges).toEqual(expect.arrayContaining(['reminded', 'escalated']))
    expect(parked?.choices.map(({ choice }) => choice)).toEqual(['retry', 'abort'])
    expect(object.writes).toEqual([])
    await run.decide('abort')
    expect((await run.ends()).outcome).toBe('aborted')
    const long = { ...gate, asked: { text: 'Go?', rule: { ...RULE, min: 1 } } }
    const second = await engine.begin(runbookInput(engine, [long, { object: 'a' }]))
    const { planDigest = '' } = await second.sees(({ steps }) => steps[0]?.asking !== undefined)
    await second.send('reject', { planDigest, stepId: 's1', note: 'not on a Friday' }, BOB)
    expect((await second.reaches('parked')).parked?.problem).toMatchObject({ code: 'STEP_DECLINED' })
    await second.decide('abort')
    await second.ends()
  })

  test('a wait shows until when, lets the time pass, and an abort or a pause need not wait for it', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const short = { role: 'wait' as const, asked: { text: 'Let the cache drain', wait: 400 } }
    const first = await (await engine.begin(runbookInput(engine, [short, { object: 'a' }]))).ends()
    expect(first.outcome).toBe('recovered')
    const [wait] = first.steps
    expect((wait?.endedAt ?? 0) - (wait?.startedAt ?? 0)).toBeGreaterThanOrEqual(400)
    const long = { ...short, asked: { text: 'Let the cache drain', wait: 3_600_000 } }
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [long, { object: 'a' }]))
    const waiting = await run.sees(({ steps }) => steps[0]?.until !== undefined)
    expect(waiting.steps[0]?.until).toBe((waiting.steps[0]?.startedAt ?? 0) + 3_600_000)
    await run.send('pause', {})
    await run.send('resume', {})
    const { steps } = await run.sees(({ timeline }) => timeline.some(({ type }) => type === 'resumed'))
    expect(steps[0]?.until).toBe(waiting.steps[0]?.until)
    await run.send('abort', { note: 'fixed otherwise' })
    expect((await run.ends()).outcome).toBe('aborted')
  })

  test('telling people never fails a run, not even when no channel answers', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const say: Part = { role: 'notify', asked: { text: 'We roll back', channels: ['nowhere'] } }
    const state = await (await engine.begin(runbookInput(engine, [say, { object: 'a' }]))).ends()
    expect(state.outcome).toBe('recovered')
    expect(state.steps[0]?.status).toBe('done')
    expect(state.timeline.find(({ stepId }) => stepId === 's1')?.text).toContain('nowhere')
  })
})

scenarios('conditions and retries', (start) => {
  test('`when` is evaluated just before its step: false skips it and keeps the inputs', async () => {
    const engine = await start()
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v2')]
    const parts: Part[] = [
      { object: 'a', when: 'parameters.tier == "gold"' },
      { object: 'b', when: 'environment == "test" && !("s1" in steps && steps.s1.passed)' },
    ]
    const input = runbookInput(engine, parts, { parameters: { tier: 'silver' } })
    const state = await (await engine.begin(input)).ends()
    expect(state.steps.map(({ status }) => status)).toEqual(['skipped', 'done'])
    expect(state.steps[0]?.inputs).toEqual({ 'parameters.tier': 'silver' })
    expect([a.writes, b.writes]).toEqual([[], ['v1']])
  })

  test('a `when` that can not be evaluated is asked of a person', async () => {
    const engine = await start()
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v2')]
    const when = 'size(release.migrations) > 0'
    const run = await engine.begin(
      runbookInput(engine, [
        { object: 'a', when },
        { object: 'b', when },
      ]),
    )
    await answer(run, 's1', 'no')
    await answer(run, 's2', 'yes')
    const state = await run.ends()
    expect(state.outcome).toBe('recovered')
    expect(state.steps.map(({ status }) => status)).toEqual(['skipped', 'done'])
    expect(state.steps[0]?.inputs).toMatchObject({ answer: 'no' })
    expect([a.writes, b.writes]).toEqual([[], ['v1']])
  })

  test('a step that is left out moves the plan of what was built on it, and that is asked again', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2', 'v3')
    const parts: Part[] = [{ object: 'a', when: 'environment == "production"' }, { object: 'a' }]
    const run = await engine.begin(runbookInput(engine, parts))
    const { planDigest = '', steps } = await run.reaches('awaiting-approval')
    expect(steps[1]?.plan?.summary).toBe('v3 → v2')
    await run.send('approve', { planDigest })
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual(['v2'])
  })

  test('`retry` tries again by itself after a pause, so often, and then parks', async () => {
    const faults = { apply: [unreachable, unreachable, unreachable, ok] }
    const engine = await start({ limits: { attempts: 1 }, wrap: (target) => failing(target, faults) })
    const object = engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a', retry: { attempts: 2, pause: 100 } }]))
    const state = await run.reaches('parked')
    expect(state.timeline.filter(({ type }) => type === 'step-retried').map(({ text }) => text.slice(-8))).toEqual([
      '(1 of 2)',
      '(2 of 2)',
    ])
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual(['v1'])
  })

  test('`retry` repeats no decision: a missing right parks at once', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a', retry: { attempts: 5, pause: 100 } }]))
    const state = await run.reaches('parked')
    expect(state.timeline.some(({ type }) => type === 'step-retried')).toBe(false)
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('past the time of the runbook the run parks before its next step, once, and goes on when a person says so', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }, asks('manual', 'ok?')], { timeout: 1 }))
    const { parked } = await run.reaches('parked')
    expect(parked).toMatchObject({ stepId: 's1', during: 'plan', problem: { code: 'RUN_OVERDUE' } })
    expect(object.writes).toEqual([])
    await run.decide('retry')
    await answer(run, 's2', 'yes')
    expect((await run.ends()).outcome).toBe('recovered')
  })
})
