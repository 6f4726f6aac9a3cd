import { randomUUID } from 'node:crypto'
import type { StepCall } from '../../model/calls.ts'
import { followupId, lockId } from '../../model/ids.ts'
import { type Engine, BOB, type EngineOptions, type RunHandle } from '../support/engine.ts'
import { failing, forbidden, ok, unreachable } from '../support/faults.ts'
import { holding } from '../support/holding.ts'

/** Which execution to record. */
export interface Recorded {
  workflowId: string
  runId?: string
}

export interface Path {
  options?: Omit<EngineOptions, 'temporalAddress'>
  walk(engine: Engine): Promise<Recorded>
}

const APPROVAL = { approvals: [{ min: 1, groups: ['sre'], self: false, expires: '30m' }] }

/** One way through a workflow each, with what to meet on it. */
export const paths: Readonly<Record<string, Path>> = {
  ...alone(),
  recovered: { walk: async (engine) => ended(await begin(engine, 'a', 'b')) },
  'recovered-locks-together': { walk: async (engine) => ended(await begin(engine, 'a', 'b')) },
  'recovered-locks-with-seal': { walk: async (engine) => ended(await begin(engine, 'a', 'b')) },
  'recovered-after-outage': {
    options: {
      wrap: (target) => failing(target, { plan: [unreachable], apply: [unreachable], verify: [unreachable] }),
    },
    walk: async (engine) => ended(await begin(engine, 'a')),
  },
  'parked-retry': {
    options: { wrap: (target) => failing(target, { apply: [ok, forbidden] }) },
    walk: (engine) => decided(engine, 'retry'),
  },
  'parked-retry-first': {
    options: { wrap: (target) => failing(target, { apply: [forbidden] }) },
    walk: (engine) => decided(engine, 'retry'),
  },
  'parked-compensate': {
    options: { wrap: (target) => failing(target, { apply: [ok, forbidden] }) },
    walk: (engine) => decided(engine, 'compensate'),
  },
  'parked-abort': {
    options: { wrap: (target) => failing(target, { apply: [ok, forbidden] }) },
    walk: (engine) => decided(engine, 'abort'),
  },
  'parked-done-by-hand': {
    options: { wrap: (target) => failing(target, { apply: [forbidden] }) },
    walk: async (engine) => {
      const run = await begin(engine, 'a')
      await run.reaches('parked')
      engine.system.get('a').at = 'v1'
      await run.decide('done')
      return ended(run)
    },
  },
  'parked-skip': {
    options: { wrap: (target) => failing(target, { apply: [forbidden] }) },
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2')
      const run = await engine.rollback([{ object: 'a', optional: true }])
      await run.decide('skip')
      return ended(run)
    },
  },
  held: {
    options: { wrap: (target) => holding(target, 1) },
    walk: async (engine) => ended(await begin(engine, 'a')),
  },
  'held-let-go': {
    options: { wrap: (target) => holding(target, 2), limits: { watch: 200 } },
    walk: async (engine) => {
      const { runId } = await (await begin(engine, 'a')).ends()
      const workflowId = followupId(runId)
      await engine.client.workflow.getHandle(workflowId).result()
      return { workflowId }
    },
  },
  approved: {
    options: { policy: APPROVAL },
    walk: async (engine) => {
      const run = await begin(engine, 'a')
      const { planDigest = '' } = await run.reaches('awaiting-approval')
      await run.send('claim', { note: 'mine' })
      await run.send('approve', { planDigest }, BOB)
      return ended(run)
    },
  },
  rejected: {
    options: { policy: APPROVAL },
    walk: async (engine) => {
      const run = await begin(engine, 'a')
      const { planDigest = '' } = await run.reaches('awaiting-approval')
      await run.send('reject', { planDigest, note: 'not now' }, BOB)
      return ended(run)
    },
  },
  expired: {
    options: { policy: { approvals: [{ min: 1, expires: '500ms' }] } },
    walk: async (engine) => ended(await begin(engine, 'a')),
  },
  stale: {
    options: { policy: APPROVAL },
    walk: async (engine) => {
      const object = engine.system.put('a', 'v1', 'v2', 'v3')
      const run = await engine.rollback([{ object: 'a' }])
      const first = await run.reaches('awaiting-approval')
      object.at = 'v2'
      await run.send('approve', { planDigest: first.planDigest ?? '' }, BOB)
      const second = await run.reaches('awaiting-approval')
      await run.send('approve', { planDigest: second.planDigest ?? '' }, BOB)
      return ended(run)
    },
  },
  'not-applicable': {
    walk: async (engine) => {
      engine.system.put('a', 'v1')
      return ended(await engine.rollback([{ object: 'a' }]))
    },
  },
  'continued-first': { options: { limits: { events: 12 } }, walk: (engine) => continued(engine, 'first') },
  'continued-last': { options: { limits: { events: 12 } }, walk: (engine) => continued(engine, 'last') },
  aborted: {
    walk: async (engine) => {
      engine.system.put('a', 'v1', 'v2').health = 'inconclusive'
      const run = await engine.rollback([{ object: 'a' }])
      await run.reaches('parked')
      await run.send('abort', { note: 'we fix it forward' })
      return ended(run)
    },
  },
}

/** The workflows beside the rollback: the lock of an object, and what only reads. */
function alone(): Record<string, Path> {
  return {
    // Locks of earlier versions ended by a signal; those of this one never run.
    lock: {
      walk: async ({ client, configuration }) => {
        const workflowId = lockId(`replay/${randomUUID()}`)
        const taskQueue = configuration.temporal?.taskQueue ?? ''
        const args = [{ workflowId: 'rollback/test/shop', rollbackId: 'r' }]
        const handle = await client.workflow.start('lock', { workflowId, taskQueue, args })
        await handle.signal('release', 'r')
        await handle.result()
        return { workflowId }
      },
    },
    plan: {
      walk: async (engine) => {
        for (const name of ['a', 'b']) engine.system.put(name, 'v1', 'v2')
        return asked(engine, 'plan', engine.input([{ object: 'a' }, { object: 'b' }]))
      },
    },
    'plan-refused': {
      walk: async (engine) => {
        engine.system.put('a', 'v1')
        return asked(engine, 'plan', engine.input([{ object: 'a' }]))
      },
    },
    history: {
      walk: async (engine) => {
        engine.system.put('a', 'v1', 'v2')
        return asked(engine, 'history', historyOf(engine, 'a'))
      },
    },
    'history-refused': { walk: (engine) => asked(engine, 'history', historyOf(engine, 'a')) },
  }
}

function historyOf(engine: Engine, object: string): StepCall & { kind: string } {
  const { service, environment, steps, startedBy, reason } = engine.input([{ object }])
  const { id, kind, step = {}, connection = '' } = steps[0] ?? {}
  if (!id || !kind) throw new Error('an input has at least one step')
  return {
    ...{ kind, stepId: id, step, connection, service, environment, reason },
    rollbackId: '',
    actor: startedBy.subject,
  }
}

/** Runs a workflow that only reads to its end, whatever that is. */
async function asked(
  { client, configuration }: Engine,
  type: 'plan' | 'history',
  argument: unknown,
): Promise<Recorded> {
  const taskQueue = configuration.temporal?.taskQueue ?? ''
  const handle = await client.workflow.start(type, {
    workflowId: `${type}/${randomUUID()}`,
    taskQueue,
    args: [argument],
  })
  await handle.result().catch(() => undefined)
  return { workflowId: handle.workflowId }
}

function begin(engine: Engine, ...names: string[]): Promise<RunHandle> {
  for (const name of names) engine.system.put(name, 'v1', 'v2')
  return engine.rollback(names.map((object) => ({ object })))
}

async function decided(engine: Engine, choice: 'retry' | 'compensate' | 'abort'): Promise<Recorded> {
  const run = await begin(engine, 'a', 'b')
  await run.decide(choice)
  return ended(run)
}

async function ended(run: RunHandle): Promise<Recorded> {
  await run.ends()
  return { workflowId: run.handle.workflowId }
}

async function continued(engine: Engine, which: 'first' | 'last'): Promise<Recorded> {
  const run = await begin(engine, 'a', 'b', 'c')
  const { runId } = await run.ends()
  return { workflowId: run.handle.workflowId, ...(which === 'first' && { runId }) }
}
