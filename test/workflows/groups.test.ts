import { expect, test } from 'vitest'
import type { Target } from '../../model/target.ts'
import { after, type Fault, forbidden, unreachable } from '../support/faults.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

/** Faults by object, because steps of a group meet the target in no certain order. */
function failingAt(faults: Record<string, Fault[]>): (target: Target) => Target {
  return (target) => ({
    ...target,
    apply: (step, move, context) => {
      const object = String((step as Record<string, unknown>)['object'])
      const fault = faults[object]?.shift() ?? ((work) => work())
      return fault(async () => target.apply(step, move, context))
    },
  })
}

const together = (...objects: string[]): Part[] => objects.map((object) => ({ object, group: 1 }))

/** A gate that opens once so many have come to it. */
function meeting(count: number): () => Promise<void> {
  let open = () => {}
  const all = new Promise<void>((resolve) => {
    open = resolve
  })
  let come = 0
  return () => {
    come += 1
    if (come === count) open()
    return all
  }
}

scenarios('groups', (start) => {
  test('steps of a group are carried out at the same time, those after them once all have ended', async () => {
    const meet = after(meeting(3))
    const engine = await start({ wrap: failingAt({ a: [meet], b: [meet], c: [meet] }) })
    for (const name of ['a', 'b', 'c', 'd']) engine.system.put(name, 'v1', 'v2')
    const state = await (await engine.begin(runbookInput(engine, [...together('a', 'b', 'c'), { object: 'd' }]))).ends()
    expect(state.outcome).toBe('recovered')
    const last = state.timeline.filter(({ type }) => type === 'step-verified').at(-1)
    expect(last?.stepId).toBe('s4')
  })

  test('failures of a group are parked one after the other, and each decision names its step', async () => {
    const engine = await start({ wrap: failingAt({ a: [forbidden], c: [forbidden] }) })
    const objects = ['a', 'b', 'c'].map((name) => engine.system.put(name, 'v1', 'v2'))
    const run = await engine.begin(runbookInput(engine, together('a', 'b', 'c')))
    const first = await run.reaches('parked')
    expect(first.parked?.stepId).toBe('s1')
    expect(first.steps.map(({ status }) => status)).toEqual(['parked', 'done', 'parked'])
    const other = run.send('decide', { stepId: 's3', attempt: 1, choice: 'retry' })
    await expect(other).rejects.toMatchObject({ cause: { type: 'STALE_DECISION' } })
    await run.decide('retry')
    const second = await run.sees(({ parked }) => parked?.stepId === 's3')
    expect(objects.map(({ writes }) => writes.length)).toEqual([0, 1, 0])
    await run.send('decide', { stepId: 's3', attempt: second.parked?.attempt ?? 0, choice: 'retry' })
    expect((await run.ends()).outcome).toBe('recovered')
    expect(objects.map(({ writes }) => writes.length)).toEqual([1, 1, 1])
  })

  test('an abort cancels all that runs in a group', async () => {
    const slow = (target: Target): Target => ({ ...target, apply: async () => ({ again: 20, doing: 'waits' }) })
    const engine = await start({ wrap: slow })
    const objects = ['a', 'b'].map((name) => engine.system.put(name, 'v1', 'v2'))
    const run = await engine.begin(runbookInput(engine, together('a', 'b')))
    await run.sees(({ steps }) => steps.every(({ status }) => status === 'applying'))
    await run.send('abort', { note: 'stop both' })
    const state = await run.ends()
    expect(state.outcome).toBe('aborted')
    expect(objects.map(({ writes }) => writes)).toEqual([[], []])
  })

  test('taking back a group takes back all that was begun in it', async () => {
    const engine = await start({ wrap: failingAt({ b: [forbidden] }) })
    const [a, b] = ['a', 'b'].map((name) => engine.system.put(name, 'v1', 'v2'))
    const parts = together('a', 'b').map((part, index) =>
      index === 1 ? { ...part, onFailure: 'compensate' as const } : part,
    )
    const state = await (await engine.begin(runbookInput(engine, parts))).ends()
    expect(state.outcome).toBe('compensated')
    expect([a?.at, b?.at]).toEqual(['v2', 'v2'])
  })

  test('a manual step in a group asks while its neighbours go on', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2')
    const parts: Part[] = [
      { role: 'manual', group: 1, asked: { text: 'Tell the shop' } },
      { object: 'a', group: 1 },
    ]
    const run = await engine.begin(runbookInput(engine, parts))
    const { steps } = await run.sees(
      ({ steps: [asks, change] }) => asks?.asking !== undefined && change?.status === 'done',
    )
    expect(object.at).toBe('v1')
    await run.send('answer', { questionId: 's1', attempt: steps[0]?.attempt ?? 0, answer: 'yes' })
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('a step of a group that tries again by itself holds nobody but those after the group', async () => {
    const engine = await start({ limits: { attempts: 1 }, wrap: failingAt({ a: [unreachable] }) })
    const objects = ['a', 'b', 'c'].map((name) => engine.system.put(name, 'v1', 'v2'))
    const [first, ...rest] = together('a', 'b')
    const parts = [{ ...first, retry: { attempts: 1, pause: 300 } }, ...rest, { object: 'c' }]
    const state = await (await engine.begin(runbookInput(engine, parts))).ends()
    expect(state.outcome).toBe('recovered')
    const verified = state.timeline.filter(({ type }) => type === 'step-verified').map(({ stepId }) => stepId)
    expect(verified).toEqual(['s2', 's1', 's3'])
    expect(objects.map(({ writes }) => writes.length)).toEqual([1, 1, 1])
  })

  test('a failure in a group outlives a new execution of the run, and parks once its neighbours rest', async () => {
    const engine = await start({ wrap: failingAt({ a: [forbidden] }), limits: { events: 20 } })
    const object = engine.system.put('a', 'v1', 'v2')
    const parts: Part[] = [
      { role: 'manual', group: 1, asked: { text: 'Tell the shop' } },
      { object: 'a', group: 1 },
    ]
    const run = await engine.begin(runbookInput(engine, parts))
    const { steps, parked } = await run.sees(({ timeline }) => timeline.some(({ type }) => type === 'step-failed'))
    expect(parked).toBeUndefined()
    await run.send('answer', { questionId: 's1', attempt: steps[0]?.attempt ?? 0, answer: 'yes' })
    const seen = await run.reaches('parked')
    expect(seen.parked).toMatchObject({ stepId: 's2', problem: { code: 'TARGET_FORBIDDEN' } })
    expect(seen.timeline.filter(({ type }) => type === 'step-started')).toHaveLength(1)
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('recovered')
    expect(object.writes).toEqual(['v1'])
    const first = engine.client.workflow.getHandle(run.handle.workflowId, seen.runId)
    expect((await first.describe()).status.name).toBe('CONTINUED_AS_NEW')
  })
})
