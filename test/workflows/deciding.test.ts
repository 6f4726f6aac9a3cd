import { expect, test } from 'vitest'
import type { CompiledRunbook } from '../../model/runbook/compiled.ts'
import { BOB, type RunHandle } from '../support/engine.ts'
import { runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

const TREE: Partial<CompiledRunbook> = {
  questions: [
    {
      id: 'linked',
      question: 'Is the problem linked to the last deployment?',
      evidence: 'alert.startsAt - release.deployedAt < duration("30m")',
      onYes: { ask: 'migrations' },
      onNo: { stop: 'Investigate other causes.' },
    },
    {
      id: 'migrations',
      question: 'Does it carry database migrations?',
      evidence: 'size(release.migrations) > 0',
      onYes: { run: 'with-database' },
      onNo: { run: 'app-only' },
    },
  ],
}
const ALERT = { startsAt: '2026-11-24T10:20:00Z', labels: {} }
const PARTS = [
  { object: 'a', procedure: 'app-only', id: 'app' },
  { object: 'a', procedure: 'with-database', id: 'app' },
  { object: 'b', procedure: 'with-database', id: 'schema' },
]

/** Answers the question of the decision tree that waits now. */
async function answer(run: RunHandle, id: string, given: 'yes' | 'no'): Promise<void> {
  const { decision } = await run.sees(({ decision }) => decision?.asking?.id === id)
  await run.send('answer', { questionId: id, attempt: decision?.asking?.attempt ?? 0, answer: given }, BOB)
}

scenarios('the decision tree', (start) => {
  test('evidence answers what the systems and the alert tell, and the path keeps what it was answered from', async () => {
    const engine = await start()
    const a = engine.system.put('a', 'v1', 'v2')
    a.deployedAt = '2026-11-24T10:00:00Z'
    a.details = { migrations: '0007_orders 0008_index' }
    const b = engine.system.put('b', 'v1', 'v2')
    const state = await (await engine.begin(runbookInput(engine, PARTS, TREE, { alert: ALERT }))).ends()
    expect(state).toMatchObject({ outcome: 'recovered', procedure: 'with-database' })
    expect(state.decision?.path).toMatchObject([
      { id: 'linked', answer: 'yes', by: 'evidence', inputs: { 'alert.startsAt': '2026-11-24T10:20:00Z' } },
      { id: 'migrations', answer: 'yes', by: 'evidence' },
    ])
    expect(state.steps.map(({ id, procedure }) => [id, procedure])).toEqual([
      ['app', 'with-database'],
      ['schema', 'with-database'],
    ])
    expect([a.at, b.at]).toEqual(['v1', 'v1'])
  })

  test('what nothing tells is asked of a person, and a stale or second answer is refused', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, PARTS, TREE))
    const { decision } = await run.sees(({ decision }) => decision?.asking !== undefined)
    expect(decision?.asking).toMatchObject({ id: 'linked', because: expect.stringContaining('is not known') })
    const stale = run.send('answer', { questionId: 'linked', attempt: 7, answer: 'yes' })
    await expect(stale).rejects.toMatchObject({ cause: { type: 'STALE_DECISION' } })
    await expect(run.sendUnsigned('answer', { questionId: 'linked', attempt: 1, answer: 'yes' })).rejects.toMatchObject(
      {
        cause: { type: 'FORBIDDEN' },
      },
    )
    await answer(run, 'linked', 'yes')
    await answer(run, 'migrations', 'no')
    const state = await run.ends()
    expect(state).toMatchObject({ outcome: 'recovered', procedure: 'app-only' })
    expect(state.decision?.path.map(({ by }) => by)).toEqual([{ subject: 'bob' }, { subject: 'bob' }])
    expect(state.timeline.filter(({ type }) => type === 'question')).toHaveLength(2)
  })

  test('a stop ends the run as not applicable, with its words, and nothing was planned', async () => {
    const engine = await start()
    const a = engine.system.put('a', 'v1', 'v2')
    a.deployedAt = '2026-11-23T10:00:00Z'
    const state = await (await engine.begin(runbookInput(engine, PARTS, TREE, { alert: ALERT }))).ends()
    expect(state).toMatchObject({ outcome: 'not-applicable', steps: [] })
    expect(state.timeline.at(-1)?.text).toBe('Investigate other causes.')
    expect(a.writes).toEqual([])
  })

  test('answers given at the start stand in where evidence has none', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const answers = { linked: 'yes', migrations: 'no' } as const
    const state = await (await engine.begin(runbookInput(engine, PARTS, TREE, { answers }))).ends()
    expect(state).toMatchObject({ outcome: 'recovered', procedure: 'app-only' })
    expect(state.decision?.path[0]).toMatchObject({ by: { subject: 'alice' }, note: 'answered at the start' })
  })

  test('a system whose history cannot be read leaves the question to a person', async () => {
    const engine = await start()
    const run = await engine.begin(runbookInput(engine, PARTS, TREE, { alert: ALERT }))
    await answer(run, 'linked', 'no')
    expect((await run.ends()).outcome).toBe('not-applicable')
  })

  test('an abort ends a run that waits for an answer', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, PARTS, TREE))
    await run.sees(({ decision }) => decision?.asking !== undefined)
    await run.send('abort', { note: 'false alarm' })
    expect(await run.ends()).toMatchObject({ outcome: 'aborted', decision: { path: [] } })
  })

  test('the dry run walks by evidence, stops at a question that a person would answer, and takes answers', async () => {
    const engine = await start()
    const a = engine.system.put('a', 'v1', 'v2')
    const open = await engine.plan(runbookInput(engine, PARTS, TREE, { alert: ALERT }))
    expect(open).toMatchObject({ steps: [], decision: { path: [], asking: { id: 'linked' } } })
    expect(open.digest).toBeUndefined()
    const planned = await engine.plan(
      runbookInput(engine, PARTS, TREE, { alert: ALERT, answers: { linked: 'yes', migrations: 'no' } }),
    )
    expect(planned).toMatchObject({ procedure: 'app-only', steps: [{ id: 'app', plan: { summary: 'v2 → v1' } }] })
    expect(planned.digest).toMatch(/^[0-9a-f]{64}$/)
    a.deployedAt = '2026-11-20T00:00:00Z'
    const stopped = await engine.plan(runbookInput(engine, PARTS, TREE, { alert: ALERT }))
    expect(stopped).toMatchObject({ steps: [], stop: 'Investigate other causes.' })
    expect(a.writes).toEqual([])
  })
})
