import { expect, test } from 'vitest'
import { after, failing, forbidden, ok, thenTimeOut, unreachable } from '../support/faults.ts'
import { scenarios } from './scenario.ts'

scenarios('a step that fails', (start) => {
  test('promise 2, act once: a change whose answer was lost is found done, not done again', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [thenTimeOut] }) })
    const object = engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual(['v1'])
  })

  test('a system that does not answer for a while costs time and no person', async () => {
    const wrap = (target: Parameters<typeof failing>[0]) =>
      failing(target, { plan: [unreachable, unreachable], apply: [unreachable], verify: [unreachable] })
    const engine = await start({ wrap })
    engine.system.put('shop', 'v1', 'v2')
    const state = await (await engine.rollback([{ object: 'shop' }])).ends()
    expect(state.outcome).toBe('recovered')
    expect(state.timeline.map((event) => event.type)).not.toContain('parked')
  })

  test('promise 3, failure parks: retry goes on at the failed step and repeats no earlier one', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [ok, forbidden] }) })
    const [first, second] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v2')]
    const run = await engine.rollback([{ object: 'a' }, { object: 'b' }])
    const parked = await run.reaches('parked')
    expect(parked.parked).toMatchObject({ stepId: 'memory-2', during: 'apply', problem: { code: 'TARGET_FORBIDDEN' } })
    expect(parked.parked?.choices.map((offered) => offered.choice)).toEqual(['retry', 'done', 'compensate', 'abort'])
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('recovered')
    expect([first.writes, second.writes]).toEqual([['v1'], ['v1']])
  })

  test('a retried step is finished before those after it are planned, and these are planned anew then', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden, after(isBack)] }) })
    const renamed = engine.system.put('b', 'v1', 'v2')
    function isBack() {
      engine.system.objects.set('b', renamed)
      renamed.revisions.push('v3')
      renamed.at = 'v3'
    }
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'a' }, { object: 'b' }])
    await run.reaches('parked')
    // In the middle of the move of the first, what the second is about can't be found.
    engine.system.objects.delete('b')
    await run.decide('retry')
    const asked = await run.reaches('awaiting-approval')
    expect(asked.steps.map(({ status, plan }) => `${status} ${plan?.summary}`)).toEqual([
      'done v2 → v1',
      'planned v3 → v2',
    ])
    await run.send('approve', { planDigest: asked.planDigest ?? '' })
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('a system that stays silent parks the step, and the choices say what each would do', async () => {
    const engine = await start({
      limits: { attempts: 2 },
      wrap: (target) => failing(target, { apply: [unreachable, unreachable] }),
    })
    engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    const { parked } = await run.reaches('parked')
    expect(parked?.problem.code).toBe('TARGET_UNREACHABLE')
    expect(parked?.choices.find(({ choice }) => choice === 'compensate')?.effect).toContain('revision v1 → v2')
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('skip is taken for an optional step only', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden, ok, forbidden] }) })
    for (const name of ['a', 'b']) engine.system.put(name, 'v1', 'v2')
    const run = await engine.rollback([{ object: 'a' }, { object: 'b', optional: true }])
    await expect(run.decide('skip')).rejects.toMatchObject({ cause: { type: 'DECISION_REFUSED' } })
    await run.decide('retry')
    await run.decide('skip')
    const state = await run.ends()
    expect(state.steps.map((step) => step.status)).toEqual(['done', 'skipped'])
    expect(state.outcome).toBe('recovered')
  })

  test('done by hand is verified: it parks again while the system is elsewhere', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    const object = engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    await run.decide('done')
    const { parked } = await run.reaches('parked')
    expect(parked?.problem.code).toBe('VERIFY_FAILED')
    object.at = 'v1'
    await run.decide('done')
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual([])
  })

  test('promise 4, inconclusive is not success: a person decides, with the evidence', async () => {
    const engine = await start()
    engine.system.put('shop', 'v1', 'v2').health = 'inconclusive'
    const run = await engine.rollback([{ object: 'shop' }])
    const { parked } = await run.reaches('parked')
    expect(parked).toMatchObject({
      problem: { code: 'VERIFY_INCONCLUSIVE' },
      evidence: { summary: 'shop is at v1: inconclusive' },
    })
    await run.decide('done')
    const state = await run.ends()
    expect(state.outcome).toBe('recovered')
    expect(state.timeline.find((event) => event.type === 'step-verified')?.text).toContain('accepted by a person')
  })

  test('nothing to go back to ends as not applicable and changes nothing', async () => {
    const engine = await start()
    const object = engine.system.put('shop', 'v1')
    const state = await (await engine.rollback([{ object: 'shop' }])).ends()
    expect(state).toMatchObject({ outcome: 'not-applicable', problem: { code: 'NO_ROLLBACK_TARGET' } })
    expect(object.writes).toEqual([])
  })

  test('a step on an object that an earlier step moves is planned from where that one leaves it', async () => {
    const engine = await start()
    const object = engine.system.put('shop', 'v1', 'v2', 'v3')
    const state = await (await engine.rollback([{ object: 'shop' }, { object: 'shop' }])).ends()
    expect(state.steps.map((step) => step.plan?.summary)).toEqual(['v3 → v2', 'v2 → v1'])
    expect(object.writes).toEqual(['v2', 'v1'])
  })

  test('a connection whose queue nobody polls parks and names the connection', async () => {
    const engine = await start({ limits: { unpolled: 500, attempts: 1 } })
    engine.system.put('shop', 'v1', 'v2')
    const input = engine.input([{ object: 'shop' }])
    const steps = input.steps.map((step) => ({ ...step, taskQueue: 'nobody-polls-this' }))
    const run = await engine.begin({ ...input, steps })
    const { parked } = await run.reaches('parked')
    expect(parked?.problem).toMatchObject({ code: 'NO_WORKER', message: expect.stringContaining('memory') })
    await run.decide('abort')
    expect((await run.ends()).outcome).toBe('aborted')
  })
})
