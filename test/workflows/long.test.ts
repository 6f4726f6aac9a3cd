import { expect, inject, onTestFinished, test } from 'vitest'
import type { RunState } from '../../model/run.ts'
import { Engine, type EngineOptions } from '../support/engine.ts'
import { failing, forbidden, ok } from '../support/faults.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

/** History events that a runbook of forty steps with ten decisions may take; Temporal warns at 10,240. */
const LIMIT = 2_500
/** Without the workflow cache every task replays the whole history. */
const PATIENCE = 60_000

const TREE = {
  questions: [
    { id: 'ready', question: 'Is the shop closed?', onYes: { run: 'only' }, onNo: { stop: 'Close the shop first.' } },
  ],
}

/** Forty steps: thirty changes of which eight fail once, a manual step, a wait, a group, and what lies between. */
function forty(engine: Engine): Part[] {
  const change = (index: number): Part => {
    engine.system.put(`o${index}`, 'v1', 'v2')
    return { object: `o${index}`, ...(index >= 10 && index < 14 && { group: 7 }) }
  }
  const changes = Array.from({ length: 36 }, (_, index) => change(index))
  return [
    { role: 'manual', asked: { text: 'Warn the call centre' } },
    ...changes.slice(0, 20),
    { role: 'wait', asked: { text: 'Drain', wait: 20 } },
    { object: 'o20', when: 'steps.s2.passed' },
    ...changes.slice(21, 30),
    { role: 'notify', asked: { text: 'Half way', channels: [] } },
    ...changes.slice(30, 36),
    { role: 'manual', asked: { text: 'Open the shop' } },
  ]
}

/** Goes through the whole runbook, answering whatever it asks. */
async function walk(engine: Engine, limits: object): Promise<{ state: RunState; events: number[]; decisions: number }> {
  const input = runbookInput(engine, forty(engine), TREE)
  const run = await engine.begin({ ...input, limits: { ...input.limits, ...limits } })
  const asked = await run.sees(({ decision }) => decision?.asking !== undefined, PATIENCE)
  await run.send('answer', { questionId: 'ready', attempt: asked.decision?.asking?.attempt ?? 0, answer: 'yes' })
  await answer('s1')
  let decisions = 0
  for (; decisions < 8; decisions++) {
    const seen = await run.sees(({ parked }) => parked !== undefined, PATIENCE)
    const { stepId = '', attempt = 0 } = seen.parked ?? {}
    await run.send('decide', { stepId, attempt, choice: 'retry' })
  }
  await answer('s40')
  const state = await run.ends()
  return { state, events: await lengths(engine, run.handle.workflowId), decisions: decisions + 3 }

  async function answer(id: string): Promise<void> {
    const { steps } = await run.sees(({ steps }) => steps.some((step) => step.id === id && step.asking), PATIENCE)
    const { attempt = 0 } = steps.find((step) => step.id === id) ?? {}
    await run.send('answer', { questionId: id, attempt, answer: 'yes' })
  }
}

/** Events of each execution of a run, the last one first. */
async function lengths(engine: Engine, workflowId: string): Promise<number[]> {
  const found: number[] = []
  let runId: string | undefined
  do {
    const { events } = await engine.client.workflow.getHandle(workflowId, runId).fetchHistory()
    found.push(events?.length ?? 0)
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined
  } while (runId)
  return found
}

const FAULTS = [ok, forbidden, ok, forbidden, ok, forbidden, ok, forbidden]

test('forty steps with eleven answers of people stay under 2,500 history events', async () => {
  const wrap: EngineOptions['wrap'] = (target) => failing(target, { apply: [...FAULTS, ...FAULTS] })
  const engine = await Engine.start({ temporalAddress: inject('temporalAddress'), wrap })
  onTestFinished(() => engine.stop())
  const { state, events, decisions } = await walk(engine, {})
  console.log(`${state.steps.length} steps, ${decisions} answers of people: ${events[0]} history events`)
  expect(state.outcome).toBe('recovered')
  expect(state.steps).toHaveLength(40)
  expect(events).toHaveLength(1)
  expect(events[0]).toBeLessThan(LIMIT)
}, 180_000)

scenarios('a long runbook', (start) => {
  test('continuing as a new execution every 150 events changes no outcome', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [...FAULTS, ...FAULTS] }) })
    const { state, events } = await walk(engine, { events: 150 })
    expect(events.length).toBeGreaterThan(3)
    expect(state.outcome).toBe('recovered')
    expect(state.steps.every(({ status }) => status === 'done')).toBe(true)
    const objects = [...engine.system.objects.values()]
    expect(objects.map(({ writes }) => writes)).toEqual(objects.map(() => ['v1']))
    expect(state.decision?.path).toHaveLength(1)
    expect(state.timeline.filter(({ type }) => type === 'question')).toHaveLength(3)
  }, 180_000)
})
