import { expect, test } from 'vitest'
import { UnwindError } from '../../model/errors.ts'
import type { Target } from '../../model/target.ts'
import { failing, forbidden, ok, thenTimeOut } from '../support/faults.ts'
import { scenarios } from './scenario.ts'

scenarios('taking back', (start) => {
  test('promise 6, every rollback can be undone: compensations run in reverse and restore what was there', async () => {
    const engine = await start()
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v2')]
    b.health = 'fail'
    const run = await engine.rollback([{ object: 'a' }, { object: 'b' }])
    await run.decide('compensate')
    const state = await run.ends()
    expect(state.outcome).toBe('compensated')
    expect([a.at, b.at]).toEqual(['v2', 'v2'])
    const taken = state.timeline.filter((event) => event.type === 'step-compensated').map((event) => event.stepId)
    expect(taken).toEqual(['memory-2', 'memory-1'])
  })

  test('a step whose answer was lost is compensated too', async () => {
    const engine = await start({ limits: { attempts: 1 }, wrap: (target) => failing(target, { apply: [thenTimeOut] }) })
    const object = engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    await run.decide('compensate')
    expect((await run.ends()).outcome).toBe('compensated')
    expect(object.at).toBe('v2')
  })

  test('onFailure: compensate takes back without asking', async () => {
    const engine = await start()
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v2')]
    b.health = 'fail'
    const state = await (await engine.rollback([{ object: 'a' }, { object: 'b', onFailure: 'compensate' }])).ends()
    expect(state.outcome).toBe('compensated')
    expect([a.at, b.at]).toEqual(['v2', 'v2'])
  })

  test('a compensation that fails parks after all others were attempted, and a retry finishes it', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [ok, ok, forbidden] }) })
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v2')]
    b.health = 'fail'
    const run = await engine.rollback([{ object: 'a' }, { object: 'b' }])
    await run.decide('compensate')
    const state = await run.reaches('parked')
    expect(state.parked).toMatchObject({ stepId: 'memory-2', during: 'compensate' })
    expect([a.at, b.at]).toEqual(['v2', 'v1'])
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('compensated')
    expect(b.at).toBe('v2')
  })

  test('data under a step that is not back waits for it: what its name leads to may be another database', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [ok, ok, ok, forbidden] }) })
    const [app, a, b] = ['app', 'a', 'b'].map((name) => engine.system.put(name, 'v1', 'v2'))
    if (!app || !a || !b) throw new Error('three objects were put')
    b.health = 'fail'
    const run = await engine.rollback([{ object: 'app' }, { object: 'a', data: true }, { object: 'b', data: true }])
    await run.decide('compensate')
    const state = await run.reaches('parked')
    expect(state.parked).toMatchObject({ stepId: 'memory-3', during: 'compensate' })
    expect([app.at, a.at, b.at]).toEqual(['v2', 'v1', 'v1'])
    await run.decide('retry')
    const { outcome, timeline } = await run.ends()
    expect(outcome).toBe('compensated')
    expect([app.at, a.at, b.at]).toEqual(['v2', 'v2', 'v2'])
    const taken = timeline.filter((event) => event.type === 'step-compensated').map((event) => event.stepId)
    expect(taken).toEqual(['memory-1', 'memory-3', 'memory-2'])
  })

  test('a step that finds nothing to go back to is planned from what an earlier one of its kind will leave', async () => {
    const fenced = (target: Target): Target => ({
      ...target,
      plan: async (step, context) => {
        if (step['to'] === 'v2' && !context.assumed) throw new UnwindError('NO_ROLLBACK_TARGET', 'nothing is fenced')
        return target.plan(step, context)
      },
    })
    const engine = await start({ wrap: fenced })
    const object = engine.system.put('a', 'v1', 'v2')
    const state = await (await engine.rollback([{ object: 'a' }, { object: 'a', to: 'v2' }])).ends()
    expect(state.outcome).toBe('recovered')
    expect(object.at).toBe('v2')
    const other = engine.system.put('b', 'v1', 'v2')
    const refused = await (await engine.rollback([{ object: 'a' }, { object: 'b', to: 'v2' }])).ends()
    expect(refused).toMatchObject({ outcome: 'not-applicable', problem: { code: 'NO_ROLLBACK_TARGET' } })
    expect(other.at).toBe('v2')
  })

  test('abort reverses nothing and lists what stays changed', async () => {
    const engine = await start()
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v2')]
    b.health = 'fail'
    const run = await engine.rollback([{ object: 'a' }, { object: 'b' }])
    await run.reaches('parked')
    await run.send('abort', { note: 'we roll forward' })
    const state = await run.ends()
    expect(state.outcome).toBe('aborted')
    expect(state.timeline.at(-1)?.text).toContain('stays changed: b → previous, a → previous')
    expect([a.at, b.at]).toEqual(['v1', 'v1'])
  })

  test('abort stops what the step that waits has started outside, and only that', async () => {
    const stopped: (string | undefined)[] = []
    const slow = (target: Target): Target => ({
      ...target,
      apply: async (step, move, context) =>
        context.stepId === 'memory-2' ? { again: 20, doing: 'waits' } : target.apply(step, move, context),
      cancel: async (_step, { to }, { stepId, signal }) => {
        signal.throwIfAborted()
        stopped.push(stepId, to['revision'] as string)
      },
    })
    const engine = await start({ wrap: slow })
    for (const name of ['a', 'b']) engine.system.put(name, 'v1', 'v2')
    const run = await engine.rollback([{ object: 'a' }, { object: 'b' }])
    await run.sees(({ steps }) => steps[1]?.status === 'applying')
    await run.send('abort', { note: 'stop it' })
    expect((await run.ends()).outcome).toBe('aborted')
    expect(stopped).toEqual(['memory-2', 'v1'])
  })

  test('a target is told when an earlier call of the same move may have written', async () => {
    const told: (true | undefined)[] = []
    const noting = (target: Target): Target => ({
      ...target,
      apply: (step, move, context) => {
        told.push(context.retried)
        if (told.length < 3) throw new UnwindError(told.length === 1 ? 'TARGET_UNREACHABLE' : 'TARGET_FORBIDDEN', 'no')
        return target.apply(step, move, context)
      },
    })
    const engine = await start({ wrap: noting })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'a' }])
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('recovered')
    expect(told).toEqual([undefined, true, true])
  })

  test('a cancellation in Temporal means abort', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    await run.reaches('parked')
    await run.handle.cancel()
    const state = await run.ends()
    expect(state).toMatchObject({ outcome: 'aborted' })
    expect(state.timeline.at(-1)?.actor).toBe('cancelled in Temporal')
  })
})
