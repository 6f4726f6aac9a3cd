import { expect, test } from 'vitest'
import type { ChecklistItem } from '../../model/runbook/compiled.ts'
import { BOB } from '../support/engine.ts'
import { failing, forbidden, ok } from '../support/faults.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

const item = (id: string, more: Partial<ChecklistItem> = {}): ChecklistItem => ({
  ...{ id, phase: 'after', text: `See to ${id}`, required: true },
  ...more,
})

scenarios('the checklist', (start) => {
  test('items tick from events and steps; required ones that nobody ticked hold the run back from its end', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const checklist = [
      item('planned', { phase: 'before', ticks: { event: 'planned' } }),
      item('moved', { phase: 'during', ticks: { step: 's1' } }),
      item('business'),
      item('nice', { required: false }),
      item('archived', { ticks: { event: 'ended' } }),
    ]
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }], { checklist }))
    const closing = await run.reaches('closing')
    expect(closing.checklist?.map(({ id, ticked }) => [id, ticked?.by])).toEqual([
      ['planned', 'planned'],
      ['moved', 'step-verified s1'],
      ['business', undefined],
      ['nice', undefined],
      ['archived', undefined],
    ])
    await expect(run.send('tick', { item: 'nothing' })).rejects.toMatchObject({ cause: { type: 'DECISION_REFUSED' } })
    await run.send('tick', { item: 'business', note: 'sales agrees' }, BOB)
    const state = await run.ends()
    expect(state.outcome).toBe('recovered')
    expect(state.checklist?.[2]?.ticked).toMatchObject({ by: 'bob', note: 'sales agrees' })
    expect(state.checklist?.[4]?.ticked?.by).toBe('ended')
  })

  test('an item can be ticked before its turn, and an abort ends a run that waits for a tick', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const checklist = [item('early'), item('late')]
    const parts: Part[] = [{ role: 'manual', asked: { text: 'Ready?' } }, { object: 'a' }]
    const run = await engine.begin(runbookInput(engine, parts, { checklist }))
    const { steps } = await run.sees(({ steps: [first] }) => first?.asking !== undefined)
    await run.send('tick', { item: 'early' })
    await expect(run.send('tick', { item: 'early' })).rejects.toMatchObject({ cause: { type: 'DECISION_REFUSED' } })
    await run.send('answer', { questionId: 's1', attempt: steps[0]?.attempt ?? 0, answer: 'yes' })
    await run.reaches('closing')
    await run.send('abort', { note: 'nobody will tick that' })
    expect((await run.ends()).outcome).toBe('aborted')
  })
})

scenarios('corrected fields', (start) => {
  test('a step that has not begun is planned with them, and that is another plan, which is asked', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2', 'v3')
    const parts: Part[] = [{ object: 'a', fields: { to: 'v2' } }]
    const run = await engine.begin(runbookInput(engine, parts, { timeout: 1 }))
    const { parked, planDigest } = await run.reaches('parked')
    const decision = { stepId: 's1', attempt: parked?.attempt ?? 0 }
    const skip = run.send('decide', { ...decision, choice: 'abort', fields: { to: 'v1' } })
    await expect(skip).rejects.toMatchObject({ cause: { type: 'DECISION_REFUSED' } })
    await run.send('decide', { ...decision, choice: 'retry', fields: { to: 'v1' } }, BOB)
    const moved = await run.reaches('awaiting-approval')
    expect(moved.planDigest).not.toBe(planDigest)
    expect(moved.steps[0]).toMatchObject({ corrected: { to: 'v1' }, plan: { summary: 'v3 → v1' } })
    expect(moved.timeline.find(({ type }) => type === 'corrected')).toMatchObject({ stepId: 's1', actor: 'bob' })
    await run.send('approve', { planDigest: moved.planDigest ?? '' })
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual(['v1'])
  })

  test('a step that has begun goes on with what was approved', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    engine.system.put('a', 'v1', 'v2', 'v3')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }]))
    const { parked } = await run.reaches('parked')
    const decision = { stepId: 's1', attempt: parked?.attempt ?? 0, choice: 'retry' as const }
    const refused = run.send('decide', { ...decision, fields: { to: 'v1' } })
    await expect(refused).rejects.toMatchObject({ cause: { type: 'DECISION_REFUSED' } })
    await run.send('decide', decision)
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('a wait that was corrected takes the time that a person gave it', async () => {
    const engine = await start()
    const wait: Part = { role: 'wait', asked: { text: 'Drain', wait: 3_600_000 } }
    const run = await engine.begin(runbookInput(engine, [wait], { timeout: 1 }))
    const { parked } = await run.reaches('parked')
    await run.send('decide', { stepId: 's1', attempt: parked?.attempt ?? 0, choice: 'retry', fields: { for: '50ms' } })
    const { planDigest = '' } = await run.reaches('awaiting-approval')
    await run.send('approve', { planDigest })
    expect((await run.ends()).outcome).toBe('recovered')
  })
})

scenarios('taking back a runbook', (start) => {
  test('only what moved a system is taken back, the latest first, whatever steps lie between', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [ok, ok, forbidden] }) })
    const objects = ['a', 'b', 'c'].map((name) => engine.system.put(name, 'v1', 'v2'))
    const parts: Part[] = [
      { object: 'a' },
      { role: 'wait', asked: { text: 'Drain', wait: 50 } },
      { object: 'b', when: 'environment == "test"' },
      { role: 'notify', asked: { text: 'Nearly there', channels: [] } },
      { object: 'c', onFailure: 'compensate' },
    ]
    const state = await (await engine.begin(runbookInput(engine, parts))).ends()
    expect(state.outcome).toBe('compensated')
    expect(objects.map(({ at }) => at)).toEqual(['v2', 'v2', 'v2'])
    const taken = state.timeline.filter(({ type }) => type === 'step-compensated').map(({ stepId }) => stepId)
    expect(taken).toEqual(['s5', 's3', 's1'])
    expect(state.steps.map(({ status }) => status)).toEqual([
      'compensated',
      'done',
      'compensated',
      'done',
      'compensated',
    ])
  })
})
