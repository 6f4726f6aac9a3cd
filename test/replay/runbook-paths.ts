import { randomUUID } from 'node:crypto'
import { drillOf } from '../../model/drill/compile.ts'
import { drillId } from '../../model/ids.ts'
import type { CompiledRunbook, Question } from '../../model/runbook/compiled.ts'
import type { RunInput } from '../../model/run.ts'
import { BOB, type Engine, memoryConfiguration, type RunHandle } from '../support/engine.ts'
import { failing, forbidden, ok, unreachable } from '../support/faults.ts'
import { memoryKind } from '../support/memory-target.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
import type { Path, Recorded } from './paths.ts'

const QUESTIONS: Question[] = [
  {
    id: 'linked',
    question: 'Is the problem linked to the last deployment?',
    evidence: 'alert.startsAt - release.deployedAt < duration("30m")',
    onYes: { run: 'only' },
    onNo: { stop: 'Investigate other causes.' },
  },
]
const ALERT = { startsAt: '2026-11-24T10:20:00Z', labels: {} }
const RULE = { min: 1, groups: ['sre'], self: false, expires: 60_000 }
const COMMUNICATE = { started: ['ops'], needsPerson: ['oncall'], finished: ['ops'] }
const CHECKLIST = [{ id: 'business', phase: 'after' as const, text: 'Confirm with the business', required: true }]
const PODS = { kind: 'pods', title: 'pods of s1', spec: { pods: 'healthy', of: 's1' }, of: 's1' }
const CHECK = { every: 50, within: 8_000, consecutive: 2, warmUp: 0, measurements: [PODS] }

/** Ways through a run by a runbook, each with what it alone meets. */
export const runbookPaths: Readonly<Record<string, Path>> = {
  'runbook-by-evidence': {
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2').deployedAt = '2026-11-24T10:00:00Z'
      const parts: Part[] = [
        { object: 'a' },
        { role: 'check', check: CHECK, when: 'steps.s1.passed' },
        { role: 'wait', asked: { text: 'Drain', wait: 50 } },
        { role: 'notify', asked: { text: 'Nearly there', channels: [] }, when: 'environment == "production"' },
      ]
      return ended(await begin(engine, parts, { questions: QUESTIONS, communicate: COMMUNICATE }, { alert: ALERT }))
    },
  },
  'runbook-stopped': {
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2').deployedAt = '2026-11-20T10:00:00Z'
      return ended(await begin(engine, [{ object: 'a' }], { questions: QUESTIONS }, { alert: ALERT }))
    },
  },
  'runbook-by-people': {
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2')
      const parts: Part[] = [
        { role: 'manual', asked: { text: 'Warn the call centre' } },
        { role: 'approve', asked: { text: 'Move the traffic?', rule: RULE } },
        { object: 'a', when: 'size(release.migrations) == 0' },
      ]
      const run = await begin(engine, parts, { questions: QUESTIONS, checklist: CHECKLIST, communicate: COMMUNICATE })
      await answer(run, 'linked')
      await answer(run, 's1')
      const { planDigest = '' } = await run.sees(({ steps }) => steps[1]?.asking !== undefined)
      await run.send('approve', { planDigest, stepId: 's2' }, BOB)
      await answer(run, 's3')
      await run.reaches('closing')
      await run.send('tick', { item: 'business' }, BOB)
      return ended(run)
    },
  },
  'runbook-group-parked': {
    options: {
      limits: { attempts: 1 },
      wrap: (target) => failing(target, { apply: [unreachable, unreachable, unreachable] }),
    },
    walk: async (engine) => {
      for (const name of ['a', 'b', 'c']) engine.system.put(name, 'v1', 'v2')
      const retry = { attempts: 1, pause: 50 }
      const parts = ['a', 'b'].map((object): Part => ({ object, group: 1, ...(object === 'a' && { retry }) }))
      const run = await begin(engine, [...parts, { object: 'c' }])
      await run.decide('retry')
      const { steps } = await run.sees(({ phase }) => phase === 'parked' || phase === 'ended')
      if (steps.some(({ status }) => status === 'parked')) await run.decide('retry')
      return ended(run)
    },
  },
  'runbook-compensated': {
    options: { wrap: (target) => failing(target, { apply: [ok, forbidden] }) },
    walk: async (engine) => {
      for (const name of ['a', 'b']) engine.system.put(name, 'v1', 'v2')
      const wait: Part = { role: 'wait', asked: { text: 'Drain', wait: 20 } }
      return ended(await begin(engine, [{ object: 'a' }, wait, { object: 'b', onFailure: 'compensate' }]))
    },
  },
  'runbook-broken-glass': {
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2')
      const run = await begin(engine, [{ object: 'a' }], { approvals: [RULE], communicate: COMMUNICATE })
      const { planDigest = '' } = await run.reaches('awaiting-approval')
      await run.send('breakGlass', { planDigest, incident: 'INC-7', note: 'the shop is down' })
      return ended(run)
    },
  },
  'runbook-told-again': {
    // Nobody listens at the discard port of this machine.
    options: {
      configuration: {
        channels: { ops: { kind: 'webhook', origin: 'http://127.0.0.1:9', path: '/' } },
        worker: { ...memoryConfiguration().worker, channels: { ops: { signingSecret: { env: 'UNWIND_RECORDED' } } } },
      },
    },
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2')
      process.env['UNWIND_RECORDED'] = 'signs what nobody hears'
      const parts: Part[] = [{ object: 'a' }, { role: 'wait', asked: { text: 'Drain', wait: 6_000 } }]
      const told = { communicate: { started: ['ops'], needsPerson: [], finished: [] } }
      return ended(await begin(engine, parts, told, { telling: { every: 60_000 } }))
    },
  },
  'runbook-escalated': {
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2')
      const approvals = [{ ...RULE, remind: 150, escalate: 250, expires: 700 }]
      const contacts = { escalation: 'lead' }
      return ended(await begin(engine, [{ object: 'a' }], { approvals, contacts, communicate: COMMUNICATE }))
    },
  },
  'runbook-overdue': {
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2', 'v3')
      const run = await begin(engine, [{ object: 'a' }], { timeout: 1 })
      const { parked } = await run.reaches('parked')
      const decision = { stepId: 's1', attempt: parked?.attempt ?? 0, choice: 'retry' as const }
      await run.send('decide', { ...decision, fields: { to: 'v1' } })
      const { planDigest = '' } = await run.reaches('awaiting-approval')
      await run.send('approve', { planDigest })
      return ended(run)
    },
  },
  'runbook-continued-first': { options: { limits: { events: 40 } }, walk: (engine) => continued(engine, 'first') },
  'runbook-continued-last': { options: { limits: { events: 40 } }, walk: (engine) => continued(engine, 'last') },
  'runbook-paused-while-asked': { options: { limits: { events: 40 } }, walk: pausedWhileAsked },
  'drill-passed': { walk: (engine) => drilled(engine) },
  'drill-failed': {
    options: { wrap: (target) => failing(target, { verify: [forbidden] }) },
    walk: (engine) => drilled(engine),
  },
  'runbook-plan': { walk: (engine) => planned(engine, { alert: ALERT, answers: { linked: 'yes' } }) },
  'runbook-plan-asks': { walk: (engine) => planned(engine, { alert: ALERT }) },
}

async function begin(
  engine: Engine,
  parts: Part[],
  runbook: Partial<CompiledRunbook> = {},
  changes: Partial<RunInput> = {},
): Promise<RunHandle> {
  return engine.begin(runbookInput(engine, parts, runbook, changes))
}

async function answer(run: RunHandle, id: string): Promise<void> {
  const { decision, steps } = await run.sees(
    (state) => state.decision?.asking?.id === id || state.steps.some((step) => step.id === id && step.asking),
  )
  const attempt = decision?.asking?.attempt ?? steps.find((step) => step.id === id)?.attempt ?? 0
  await run.send('answer', { questionId: id, attempt, answer: 'yes' }, BOB)
}

async function ended(run: RunHandle): Promise<Recorded> {
  await run.ends()
  return { workflowId: run.handle.workflowId }
}

async function continued(engine: Engine, which: 'first' | 'last'): Promise<Recorded> {
  for (const name of ['a', 'b', 'c', 'd']) engine.system.put(name, 'v1', 'v2')
  const manual: Part = { role: 'manual', asked: { text: 'Ready?' } }
  const run = await begin(engine, [{ object: 'a' }, manual, { object: 'b' }, { object: 'c' }, { object: 'd' }])
  await answer(run, 's2')
  const { runId } = await run.ends()
  return { workflowId: run.handle.workflowId, ...(which === 'first' && { runId }) }
}

async function planned(engine: Engine, changes: Partial<RunInput>): Promise<Recorded> {
  engine.system.put('a', 'v1', 'v2')
  const workflowId = `plan/${randomUUID()}`
  const taskQueue = engine.configuration.temporal?.taskQueue ?? ''
  const input = runbookInput(engine, [{ object: 'a' }], { questions: QUESTIONS }, changes)
  await engine.client.workflow.execute('plan', { workflowId, taskQueue, args: [input] })
  return { workflowId }
}

/** A question outlasts its execution while the run is paused: it is answered in the next one, and the pause holds then. */
async function pausedWhileAsked(engine: Engine): Promise<Recorded> {
  engine.system.put('a', 'v1', 'v2')
  const run = await begin(engine, [{ role: 'manual', asked: { text: 'Ready?' } }, { object: 'a' }])
  await run.sees(({ steps }) => steps[0]?.asking !== undefined)
  await run.send('pause', {}, BOB)
  const execution = async () => (await run.handle.describe()).runId
  const first = await execution()
  for (let said = 0; said < 10 && (await execution()) === first; said++) await run.send('claim', {}, BOB)
  const next = await execution()
  if (next === first) throw new Error('the run has not continued as a new execution')
  await answer(run, 's1')
  await run.sees(({ steps }) => steps[0]?.status === 'done')
  await run.send('resume', {}, BOB)
  await run.ends()
  return { workflowId: run.handle.workflowId, runId: next }
}

async function drilled(engine: Engine): Promise<Recorded> {
  engine.system.put('a', 'v1', 'v2')
  const input = drillOf(runbookInput(engine, [{ object: 'a' }]), { memory: memoryKind } as never)
  const workflowId = drillId(input.environment, input.service)
  const taskQueue = engine.configuration.temporal?.taskQueue ?? ''
  await engine.client.workflow.execute('drill', { workflowId, taskQueue, args: [input] })
  return { workflowId }
}
