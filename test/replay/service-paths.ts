import { randomUUID } from 'node:crypto'
import { fleetId, serviceId, watchId } from '../../model/ids.ts'
import type { WatchInput, WatchState } from '../../model/triggers/watched.ts'
import { BOB, type Engine, sign } from '../support/engine.ts'
import { alerted, deployed, environmentOf, quick, resultOf, stands } from '../support/episodes.ts'
import { concluded, released, stopByHand, tellService } from '../support/services.ts'
import { until } from '../support/until.ts'
import type { Path, Recorded } from './paths.ts'

/** Paths through the workflows of services, fleets, proposals and watches. */
export const servicePaths: Readonly<Record<string, Path>> = {
  service: {
    walk: async (engine) => {
      const run = await deployed(engine, 'a')
      await stopByHand(engine, run)
      await tellService(engine, run, 'go', { reason: 'looked at' })
      await tellService(engine, run, 'lock', { reason: 'we look' })
      await tellService(engine, run, 'deny', { reason: 'slow', version: 'v2' })
      await tellService(engine, run, 'unlock', { reason: 'mended', allow: ['v2'] })
      return { workflowId: serviceId(run.environment, run.service) }
    },
  },
  'service-concluded': {
    walk: async (engine) => {
      const run = await deployed(engine, 'a')
      const { runId } = await (await engine.begin(run)).ends()
      await concluded(engine, run, runId)
      return { workflowId: serviceId(run.environment, run.service) }
    },
  },
  'service-continued': { walk: continuedService },
  'rollback-told': {
    walk: async (engine) => {
      const handle = await engine.begin(await deployed(engine, 'a'))
      await handle.ends()
      return { workflowId: handle.handle.workflowId }
    },
  },
  'rollback-stopped': {
    walk: async (engine) => {
      const run = await deployed(engine, 'a')
      await stopByHand(engine, run)
      const handle = await engine.begin({ ...run, automatic: 'p' })
      await handle.decide('retry')
      await handle.ends()
      return { workflowId: handle.handle.workflowId }
    },
  },
  fleet: {
    walk: async (engine) => {
      const run = await deployed(engine, 'a')
      await resultOf(await alerted(engine, run, 'auto'))
      return { workflowId: fleetId(run.environment) }
    },
  },
  'proposal-auto': {
    walk: async (engine) => {
      const handle = await alerted(engine, await deployed(engine, 'a'), 'auto')
      await resultOf(handle)
      return { workflowId: handle.workflowId }
    },
  },
  'proposal-accepted': { walk: (engine) => answered(engine, 'accept') },
  'proposal-refused': { walk: (engine) => answered(engine, 'refuse') },
  'proposal-vetoed': {
    walk: async (engine) => {
      const settings = quick({ veto: 60 * 60_000 })
      const handle = await alerted(engine, await deployed(engine, 'a'), 'auto-with-veto', { settings })
      await stands(handle, 'vetoable')
      return say(engine, handle.workflowId, 'refuse', {})
    },
  },
  'proposal-told': {
    walk: async (engine) => {
      const startsAt = Date.now() - 60 * 60_000
      const handle = await alerted(engine, await deployed(engine, 'a'), 'auto', { startsAt })
      await resultOf(handle)
      return { workflowId: handle.workflowId }
    },
  },
  'proposal-duplicate': {
    walk: async (engine) => {
      const run = await deployed(engine, 'a')
      await stands(await alerted(engine, run, 'propose'), 'proposed')
      const handle = await alerted(engine, run, 'propose')
      await resultOf(handle)
      return { workflowId: handle.workflowId }
    },
  },
  watch: { walk: watched },
}

async function continuedService(engine: Engine): Promise<Recorded> {
  const service = `s-${randomUUID()}`
  const workflowId = serviceId('test', service)
  const handle = await engine.client.workflow.start('service', {
    workflowId,
    taskQueue: engine.configuration.temporal?.taskQueue ?? '',
    args: [{ format: 1, environment: 'test', service, events: 12 }],
  })
  for (const version of ['v1', 'v2', 'v3']) await tellService(engine, service, 'record', { release: released(version) })
  await until(
    () => engine.client.workflow.getHandle(workflowId).describe(),
    ({ runId }) => runId !== handle.firstExecutionRunId,
    () => 'it has not continued as a new execution',
  )
  return { workflowId, runId: handle.firstExecutionRunId }
}

async function answered(engine: Engine, name: 'accept' | 'refuse'): Promise<Recorded> {
  const handle = await alerted(engine, await deployed(engine, 'a'), 'propose')
  const { planned } = await stands(handle, 'proposed')
  return say(engine, handle.workflowId, name, name === 'accept' ? { planDigest: planned?.digest } : {})
}

async function say(engine: Engine, workflowId: string, name: 'accept' | 'refuse', message: object): Promise<Recorded> {
  const signed = await sign(workflowId, name, message, BOB)
  const handle = engine.client.workflow.getHandle(workflowId)
  await handle.executeUpdate(name, { args: [{ ...message, signed }] })
  await resultOf(handle)
  return { workflowId }
}

/** A watch that has opened an episode, seen its end, and was ended itself. */
async function watched(engine: Engine): Promise<Recorded> {
  const run = await deployed(engine, 'a')
  const object = engine.system.get('a')
  const input: WatchInput = {
    format: 1,
    trigger: { runbook: 'shop', id: 'ill', mode: 'propose' },
    watched: {
      measurement: { kind: 'pods', title: 'pods of s1 are healthy', spec: { pods: 'healthy', of: 's1' }, of: 's1' },
      fires: 'fails',
      connection: 'unwind',
    },
    ...{ every: 100, for: 100, run, settings: quick(), revision: '1', events: 4_000 },
  }
  const workflowId = watchId(environmentOf(engine), 'shop', 'ill')
  object.health = 'fail'
  const handle = await engine.client.workflow.start('watch', {
    workflowId,
    taskQueue: engine.configuration.temporal?.taskQueue ?? '',
    args: [input],
  })
  const sees = (enough: (state: WatchState) => boolean) =>
    until(
      () => handle.query<WatchState>('watch'),
      enough,
      (state) => `it has looked ${state?.looks} times, last: ${state?.last?.evidence}`,
    )
  await sees(({ episode }) => episode !== undefined)
  object.health = 'pass'
  await sees(({ episode, last }) => episode === undefined && last?.fires === 'no')
  await handle.signal('end')
  await handle.result()
  return { workflowId }
}
