import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { rollbackId, serviceId } from '../../model/ids.ts'
import type { RunInput, RunState } from '../../model/run.ts'
import { ALICE, BOB, type Engine, sign } from '../support/engine.ts'
import { alerted, deployed, quick, resultOf, settles, stands } from '../support/episodes.ts'
import { imageOf } from '../../rehearsal/memory.ts'
import { concluded, released, stateOf, stopByHand, tellService } from '../support/services.ts'
import { scenarios } from './scenario.ts'

// Several workflows speak with each other in each case, which takes its time where the machine is busy.
vi.setConfig({ testTimeout: 120_000 })

const HOUR = 60 * 60_000

function runOf(engine: Engine, { environment, service }: RunInput): Promise<RunState> {
  return engine.client.workflow.getHandle(rollbackId(environment, service)).result() as Promise<RunState>
}

async function say(engine: Engine, workflowId: string, name: 'accept' | 'refuse', message: object, actor = BOB) {
  const signed = await sign(workflowId, name, message, actor)
  return engine.client.workflow.getHandle(workflowId).executeUpdate(name, { args: [{ ...message, signed }] })
}

scenarios('a trigger', (start) => {
  test('proposes and changes nothing; a person accepts the very plan that was shown, and has it', async () => {
    const engine = await start()
    const run = await deployed(engine, 'a')
    const handle = await alerted(engine, run, 'propose')
    const { planned, refusals } = await stands(handle, 'proposed')
    expect(planned?.lines[0]).toContain('v2 → v1')
    expect(refusals).toEqual([])
    expect(engine.system.get('a').writes).toEqual([])
    const other = { planDigest: '0'.repeat(64) }
    await expect(say(engine, handle.workflowId, 'accept', other)).rejects.toMatchObject({
      cause: { type: 'STALE_DECISION' },
    })
    await say(engine, handle.workflowId, 'accept', { planDigest: planned?.digest })
    expect(await resultOf(handle)).toMatchObject({ outcome: 'started', accepted: { by: 'bob' } })
    const state = await runOf(engine, run)
    expect(state).toMatchObject({ outcome: 'recovered', startedBy: { subject: 'bob' } })
    expect(state.automatic).toBeUndefined()
  })

  test('starts by itself where it may; afterwards the bad version is denied and the service locked', async () => {
    const engine = await start()
    const run = await deployed(engine, 'a')
    const handle = await alerted(engine, run, 'auto')
    const { outcome, runId = '' } = await resultOf(handle)
    expect(outcome).toBe('started')
    expect(await runOf(engine, run)).toMatchObject({ outcome: 'recovered', automatic: expect.any(String) })
    const state = await concluded(engine, run, runId)
    expect(state).toMatchObject({
      lock: { runId },
      denied: [{ version: 'v2' }],
      runs: [{ automatic: true }],
      episodes: [{ standing: 'ended', runId }],
    })
    const again = await alerted(engine, run, 'auto', { fingerprint: 'g' })
    const refused = await resultOf(again)
    expect(refused.outcome).toBe('refused')
    expect(refused.refusals.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['COOL_DOWN', 'LOCKED', 'AFTER_ROLLBACK']),
    )
    expect(engine.system.get('a').writes).toEqual(['v1'])
  })

  test('waits for a veto, takes it, and starts without one', async () => {
    const engine = await start()
    const first = await deployed(engine, 'a')
    const vetoed = await alerted(engine, first, 'auto-with-veto', { settings: quick({ veto: HOUR }) })
    await stands(vetoed, 'vetoable')
    await say(engine, vetoed.workflowId, 'refuse', { note: 'we know' }, ALICE)
    expect(await resultOf(vetoed)).toMatchObject({ outcome: 'rejected', rejected: { by: 'alice', note: 'we know' } })
    const second = await deployed(engine, 'b')
    const silent = await alerted(engine, second, 'auto-with-veto')
    expect(await resultOf(silent)).toMatchObject({ outcome: 'started' })
    expect(engine.system.get('a').writes).toEqual([])
    expect(engine.system.get('b').writes).toEqual(['v1'])
  })

  test('does nothing about an alert that is over, before or while it waits', async () => {
    const engine = await start()
    const run = await deployed(engine, 'a')
    const early = await alerted(engine, run, 'auto', { settings: quick({ gather: HOUR }) })
    await early.signal('resolved')
    expect((await resultOf(early)).outcome).toBe('resolved')
    const late = await alerted(engine, run, 'propose', { fingerprint: 'g' })
    await stands(late, 'proposed')
    await late.signal('resolved')
    expect((await resultOf(late)).outcome).toBe('resolved')
    expect(engine.system.get('a').writes).toEqual([])
  })

  test('is one episode, whichever of two peers tells it, and whenever each saw it begin', async () => {
    const engine = await start()
    const run = await deployed(engine, 'a')
    const startsAt = Date.now()
    const first = await alerted(engine, run, 'propose', { startsAt })
    await stands(first, 'proposed')
    const peer = await alerted(engine, run, 'propose', { startsAt: startsAt + 15_000 })
    expect((await resultOf(peer)).outcome).toBe('duplicate')
    expect((await stateOf(engine, run)).episodes).toHaveLength(1)
  })

  test.each([
    [
      'no deploy is recorded',
      async (engine: Engine) => ({ run: { ...(await deployed(engine, 'a')), service: `s-${randomUUID()}` } }),
      'NO_DEPLOY',
    ],
    [
      'it alerts since before the deploy',
      async (engine: Engine) => ({ run: await deployed(engine, 'a'), startsAt: Date.now() - HOUR }),
      'ALERT_BEFORE_DEPLOY',
    ],
    [
      'the deploy was long ago',
      async (engine: Engine) => ({
        run: await deployed(engine, 'a', {
          bad: { deployedAt: Date.now() - 5 * HOUR, startedAt: Date.now() - 5 * HOUR },
        }),
      }),
      'DEPLOY_TOO_OLD',
    ],
    [
      'nothing before was shown to work',
      async (engine: Engine) => ({ run: await deployed(engine, 'a', { good: { healthy: false } }) }),
      'NO_VERIFIED_TARGET',
    ],
    [
      'migrations lie between',
      async (engine: Engine) => ({ run: await deployed(engine, 'a', { bad: { migrations: [{ name: 'm1' }] } }) }),
      'SCHEMA_UNSAFE',
    ],
    [
      'it is frozen',
      async (engine: Engine) => ({
        run: await deployed(engine, 'a'),
        settings: quick({ freeze: [{ from: 0, to: 8e15, reason: 'sales' }] }),
      }),
      'FROZEN',
    ],
    [
      'the budget is used up',
      async (engine: Engine) => ({
        run: await deployed(engine, 'a'),
        settings: quick({ fleet: { atOnce: 0, perDay: 0, incident: 1_000, window: 1 } }),
      }),
      'BUDGET',
    ],
    [
      'everything alerts',
      async (engine: Engine) => ({
        run: await deployed(engine, 'a'),
        settings: quick({ fleet: { atOnce: 9, perDay: 9, incident: 1, window: HOUR } }),
      }),
      'INFRASTRUCTURE',
    ],
  ] as const)('starts nothing by itself where %s', async (_name, arrange, code) => {
    const engine = await start()
    const { run, ...changes } = await arrange(engine)
    const handle = await alerted(engine, run, 'auto', changes)
    const { refusals } = await settles(handle)
    expect(refusals.map((refusal) => refusal.code)).toContain(code)
    expect(engine.system.get('a').writes).toEqual([])
  })

  test.each([
    ['safe', []],
    ['unsafe', ['SCHEMA_UNSAFE']],
    ['unknown', ['SCHEMA_UNSAFE']],
  ] as const)(
    'goes over migrations by itself only where the step that looked calls the schema safe: %s',
    async (schema, codes) => {
      const engine = await start()
      engine.system.put('db', 'm1', 'm2')
      // The step of the application says nothing of the schema, as most do.
      const run = await deployed(engine, 'a', {
        bad: { migrations: [{ name: 'm2' }] },
        beside: [{ object: 'db', fields: { schema } }],
      })
      const handle = await alerted(engine, run, 'auto')
      const { planned, refusals } = await (schema === 'safe' ? resultOf(handle) : settles(handle))
      expect([planned?.schema, refusals.map(({ code }) => code)]).toEqual([schema, codes])
    },
  )

  test('the kill switch stops it, also when it is pulled while people could have said no', async () => {
    const engine = await start()
    const first = await deployed(engine, 'a')
    await stopByHand(engine, first)
    const stopped = await alerted(engine, first, 'auto')
    expect((await stands(stopped, 'proposed')).refusals).toMatchObject([{ code: 'STOPPED' }])
    const second = await deployed(engine, 'b')
    const late = await alerted(engine, second, 'auto-with-veto', { settings: quick({ veto: 2_000 }) })
    await stands(late, 'vetoable')
    await stopByHand(engine, second)
    expect((await stands(late, 'proposed')).refusals).toMatchObject([{ code: 'STOPPED' }])
    expect([...engine.system.objects.values()].flatMap(({ writes }) => writes)).toEqual([])
  })

  test('a rollback by a person meanwhile supersedes what was proposed', async () => {
    const engine = await start()
    const run = await deployed(engine, 'a')
    const handle = await alerted(engine, run, 'propose')
    await stands(handle, 'proposed')
    await (await engine.begin(run)).ends()
    expect((await resultOf(handle)).outcome).toBe('superseded')
  })

  test('an alert that comes and goes is flapping, and what goes to and fro is left to people', async () => {
    const engine = await start()
    const run = await deployed(engine, 'a')
    for (let time = 0; time < 3; time++) {
      const handle = await alerted(engine, run, 'propose', { id: `flap-${time}-${randomUUID()}`, startsAt: Date.now() })
      if (time < 2) await stands(handle, 'proposed')
      else expect((await resultOf(handle)).refusals.map(({ code }) => code)).toContain('FLAPPING')
      await engine.client.workflow.getHandle(serviceId(run.environment, run.service)).signal('quiet', 'f')
      await resultOf(handle)
    }
    const swinging = await deployed(engine, 'b')
    for (const [at, version] of ['v1', 'v2', 'v1', 'v2'].entries())
      await tellService(engine, swinging, 'record', {
        release: released(version, { images: [imageOf('b', version)], deployedAt: Date.now() - 50_000 + at * 10 }),
      })
    const handle = await alerted(engine, swinging, 'auto')
    expect((await resultOf(handle)).refusals.map(({ code }) => code)).toContain('FLAPPING')
  })
})
