import { expect, test } from 'vitest'
import { after, failing, forbidden, ok } from '../support/faults.ts'
import { scenarios } from './scenario.ts'

scenarios('messages', (start) => {
  test('past the API one may retry and pause, nothing else, and it is recorded as unverified', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    const { parked } = await run.reaches('parked')
    const answer = { stepId: parked?.stepId ?? '', attempt: parked?.attempt ?? 0 }
    const refused = { cause: { type: 'FORBIDDEN' } }
    await expect(run.sendUnsigned('abort', { note: 'no' })).rejects.toMatchObject(refused)
    await expect(run.sendUnsigned('decide', { ...answer, choice: 'compensate' })).rejects.toMatchObject(refused)
    await run.sendUnsigned('decide', { ...answer, choice: 'retry' })
    const decided = (await run.ends()).timeline.find((event) => event.type === 'decided')
    expect(decided).toMatchObject({ actor: 'unverified', verified: false })
  })

  test('a signature by another key, or for another message, is worth nothing', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    const { parked } = await run.reaches('parked')
    const content = { stepId: parked?.stepId ?? '', attempt: parked?.attempt ?? 0, choice: 'abort' as const }
    const forged = { ...content, signed: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJyb290In0.AAAA' }
    await expect(run.sendUnsigned('decide', forged)).rejects.toMatchObject({ cause: { type: 'UNAUTHENTICATED' } })
    expect((await run.state()).phase).toBe('parked')
    await run.decide('abort')
    await run.ends()
  })

  test('a decision about an attempt that is over is refused with where the run stands', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden, forbidden] }) })
    engine.system.put('shop', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'shop' }])
    const first = (await run.reaches('parked')).parked
    await run.decide('retry')
    const second = (await run.reaches('parked')).parked
    expect(second?.attempt).toBe((first?.attempt ?? 0) + 1)
    const stale = run.send('decide', { stepId: first?.stepId ?? '', attempt: first?.attempt ?? 0, choice: 'retry' })
    await expect(stale).rejects.toMatchObject({ cause: { type: 'STALE_DECISION' } })
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('a pause holds before the next step, and what has not begun is planned anew after it', async () => {
    const held = { pause: async () => {} }
    const engine = await start({ wrap: (target) => failing(target, { apply: [after(() => held.pause())] }) })
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v2', 'v3')]
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    held.pause = () => gate
    const run = await engine.rollback([{ object: 'a' }, { object: 'b' }])
    await run.reaches('running')
    await run.send('pause', { note: 'wait for the business' })
    go()
    await run.send('claim', {})
    expect(b.writes).toEqual([])
    await run.send('resume', {})
    const state = await run.ends()
    expect(state).toMatchObject({ outcome: 'recovered', claimedBy: 'alice' })
    expect([a.at, b.at]).toEqual(['v1', 'v2'])
  })

  test('a run that continues as a new execution every few events ends as any other', async () => {
    const faults = { apply: [ok, forbidden, ok, forbidden] }
    const engine = await start({ limits: { events: 30 }, wrap: (target) => failing(target, faults) })
    const names = Array.from({ length: 6 }, (_, index) => `o${index}`)
    const objects = names.map((name) => engine.system.put(name, 'v1', 'v2'))
    const run = await engine.rollback(names.map((object) => ({ object })))
    await run.decide('retry')
    await run.decide('retry')
    const state = await run.ends()
    expect(state.outcome).toBe('recovered')
    expect(objects.map((object) => object.writes)).toEqual(names.map(() => ['v1']))
    const described = await run.handle.describe()
    expect(described.raw.workflowExecutionInfo?.firstRunId).toBe(state.runId)
    expect(described.runId).not.toBe(state.runId)
  })
})
