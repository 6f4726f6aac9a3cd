import { expect, test } from 'vitest'
import { ALICE, BOB } from '../support/engine.ts'
import { after, failing, forbidden, ok } from '../support/faults.ts'
import { scenarios } from './scenario.ts'

const POLICY = { approvals: [{ min: 1, groups: ['sre'], self: false, expires: '30m' }] }

scenarios('approval', (start) => {
  test('promise 1, nothing changes before a plan was made and approved', async () => {
    const engine = await start({ policy: POLICY })
    const object = engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    const { planDigest = '', need } = await run.reaches('awaiting-approval')
    expect(need?.because).toEqual(['policy'])
    expect(object.writes).toEqual([])
    await run.send('approve', { planDigest }, BOB)
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual(['v1'])
  })

  test('who asked, who is in no group and who saw another plan are refused at once, with the reason', async () => {
    const engine = await start({ policy: POLICY })
    engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    const { planDigest = '' } = await run.reaches('awaiting-approval')
    const cause = (type: string, message: string) => ({ cause: { type, message: expect.stringContaining(message) } })
    await expect(run.send('approve', { planDigest }, ALICE)).rejects.toMatchObject(cause('FORBIDDEN', 'somebody else'))
    const eve = { subject: 'eve', groups: ['sales'] }
    await expect(run.send('approve', { planDigest }, eve)).rejects.toMatchObject(
      cause('FORBIDDEN', 'none of the groups'),
    )
    const other = '0'.repeat(64)
    await expect(run.send('approve', { planDigest: other }, BOB)).rejects.toMatchObject(
      cause('STALE_DECISION', planDigest),
    )
    await run.send('reject', { planDigest, note: 'not now' }, BOB)
    expect((await run.ends()).outcome).toBe('rejected')
  })

  test('a timeout never means yes', async () => {
    const engine = await start({ policy: { approvals: [{ min: 1, expires: '500ms' }] } })
    const object = engine.system.put('shop', 'v1', 'v2')
    const state = await (await engine.rollback([{ object: 'shop' }])).ends()
    expect(state.outcome).toBe('expired')
    expect(object.writes).toEqual([])
  })

  test('an unverified target asks for a confirmation unless it was accepted beforehand', async () => {
    const engine = await start()
    for (const name of ['a', 'b']) engine.system.put(name, 'v1', 'v2')
    const asked = await engine.rollback([{ object: 'a', unverified: true }])
    const { planDigest = '', need } = await asked.reaches('awaiting-approval')
    expect(need?.because).toEqual(['UNVERIFIED_TARGET: nobody recorded it'])
    await asked.send('approve', { planDigest }, ALICE)
    expect((await asked.ends()).outcome).toBe('recovered')
    const accepted = await engine.rollback([{ object: 'b', unverified: true }], { accept: ['UNVERIFIED_TARGET'] })
    expect((await accepted.ends()).outcome).toBe('recovered')
  })

  test('an irreversible step asks although no policy does', async () => {
    const engine = await start()
    engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop', irreversible: true }])
    const { planDigest = '', need } = await run.reaches('awaiting-approval')
    expect(need?.because[0]).toContain('irreversible')
    await run.send('approve', { planDigest })
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('what changed during the wait voids the approval, is shown and asked again', async () => {
    const engine = await start({ policy: POLICY })
    const object = engine.system.put('shop', 'v1', 'v2', 'v3')
    const run = await engine.rollback([{ object: 'shop' }])
    const first = await run.reaches('awaiting-approval')
    object.at = 'v2'
    await run.send('approve', { planDigest: first.planDigest ?? '' }, BOB)
    const second = await run.reaches('awaiting-approval')
    expect(second.planDigest).not.toBe(first.planDigest)
    expect(second.timeline.map((event) => event.type)).toContain('plan-stale')
    expect(object.writes).toEqual([])
    await run.send('approve', { planDigest: second.planDigest ?? '' }, BOB)
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.at).toBe('v1')
  })

  test('what changed between plan and apply is kept, planned anew and asked', async () => {
    const system = { move: () => {} }
    const engine = await start({ wrap: (target) => failing(target, { apply: [after(() => system.move())] }) })
    const object = engine.system.put('shop', 'v1', 'v2', 'v3')
    system.move = () => {
      object.revisions.push('v4')
      object.at = 'v4'
    }
    const run = await engine.rollback([{ object: 'shop', to: 'v1' }])
    const { planDigest = '', steps } = await run.reaches('awaiting-approval')
    expect(steps[0]?.plan?.summary).toBe('v4 → v1')
    expect(object.writes).toEqual([])
    await run.send('approve', { planDigest })
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual(['v1'])
  })

  test('a no after the first change ends nothing: the rest waits for a person, and what was done can be taken back', async () => {
    const engine = await start({ policy: POLICY, wrap: (target) => failing(target, { verify: [ok, forbidden] }) })
    const first = engine.system.put('first', 'v1', 'v2')
    const second = engine.system.put('second', 'v1', 'v2')
    const third = engine.system.put('third', 'v1', 'v2', 'v3')
    const run = await engine.rollback([{ object: 'first' }, { object: 'second' }, { object: 'third' }])
    await run.send('approve', { planDigest: (await run.reaches('awaiting-approval')).planDigest ?? '' }, BOB)
    const parked = await run.reaches('parked')
    third.at = 'v2'
    const { stepId = '', attempt = 0 } = parked.parked ?? {}
    await run.send('decide', { stepId, attempt, choice: 'retry' })
    const { planDigest = '' } = await run.reaches('awaiting-approval')
    await run.send('reject', { planDigest }, BOB)
    const declined = await run.reaches('parked')
    expect(declined.parked?.problem.code).toBe('STEP_DECLINED')
    const answer = { stepId: declined.parked?.stepId ?? '', attempt: declined.parked?.attempt ?? 0 }
    await run.send('decide', { ...answer, choice: 'compensate' })
    expect((await run.ends()).outcome).toBe('compensated')
    expect([first.at, second.at, third.at]).toEqual(['v2', 'v2', 'v2'])
  })

  test('a changed plan that somebody said no to is asked for again, although it has not changed since', async () => {
    const engine = await start({ wrap: (target) => failing(target, { verify: [ok, forbidden] }) })
    const third = engine.system.put('third', 'v1', 'v2', 'v3')
    for (const name of ['first', 'second']) engine.system.put(name, 'v1', 'v2')
    const run = await engine.rollback([{ object: 'first' }, { object: 'second' }, { object: 'third' }])
    await run.reaches('parked')
    third.at = 'v2'
    await run.decide('retry')
    const { planDigest = '' } = await run.reaches('awaiting-approval')
    await run.send('reject', { planDigest }, BOB)
    await run.decide('retry')
    const again = await run.reaches('awaiting-approval')
    expect(again.planDigest).toBe(planDigest)
    expect(third.writes).toEqual([])
    await run.send('approve', { planDigest })
    expect((await run.ends()).outcome).toBe('recovered')
    expect(third.writes).toEqual(['v1'])
  })
})
