import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Archive } from '../../activities/archive/archive.ts'
import { lastDrill, readResults } from '../../activities/archive/drills.ts'
import { openArchive } from '../../activities/archive/index.ts'
import { details } from '../../model/details.ts'
import { drillOf } from '../../model/drill/compile.ts'
import { UnwindError } from '../../model/errors.ts'
import { drillId, followupId, lockId } from '../../model/ids.ts'
import { markdown, report } from '../../model/report/index.ts'
import type { RunInput, RunState } from '../../model/run.ts'
import type { Target } from '../../model/target.ts'
import { type Engine, RunHandle } from '../support/engine.ts'
import { memoryKind } from '../support/memory-target.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

let folder: string
let archive: Archive
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-drills-'))
  const opened = openArchive({ folder })
  if (!opened) throw new Error('no archive')
  archive = opened
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const kinds = { memory: memoryKind } as never
const kept = () => ({ configuration: { archive: { folder } } })
const results = (state: RunState) => readResults(archive, state, 10, Date.now())

function inputOf(engine: Engine, parts: Part[], changes: Partial<RunInput> = {}): RunInput {
  return runbookInput(
    engine,
    parts,
    { communicate: { started: ['log'], finished: ['log'], needsPerson: ['log'] }, owner: 'team-data' },
    { archive: true, service: `s-${randomUUID()}`, ...changes },
  )
}

async function begin(engine: Engine, input: RunInput): Promise<RunHandle> {
  const handle = await engine.client.workflow.start('drill', {
    workflowId: drillId(input.environment, input.service),
    taskQueue: engine.configuration.temporal?.taskQueue ?? '',
    args: [drillOf(input, kinds)],
  })
  return new RunHandle(handle)
}

/** Runs a drill of these parts to its end. */
async function drill(engine: Engine, parts: Part[], changes: Partial<RunInput> = {}): Promise<RunState> {
  return (await begin(engine, inputOf(engine, parts, changes))).ends()
}

/** Fails whenever a step is to go back to where it was, as often as `holds` says so. */
function sticking(holds: () => boolean): (target: Target) => Target {
  return (target) => ({
    ...target,
    apply: async (step, move, context) => {
      if (move.to['revision'] === 'before' && holds()) throw new UnwindError('TARGET_REJECTED', 'it is in use')
      return target.apply(step, move, context)
    },
  })
}

scenarios('a drill', (start) => {
  test('carries out what touches nothing that serves, without an approval, takes it away, and keeps how long it took', async () => {
    const engine = await start({ ...kept(), policy: { approvals: [{ min: 2, groups: ['sre'] }] } })
    const object = engine.system.put('copy', 'none', 'before')
    engine.system.put('live', 'v1', 'v2')
    const state = await drill(engine, [
      { object: 'copy' },
      { role: 'approve', asked: { text: 'Promote it?' } as never },
      { object: 'live' },
    ])
    expect(state).toMatchObject({ outcome: 'compensated', drill: { took: expect.any(Number) } })
    expect(state.steps.map(({ id, status }) => [id, status])).toEqual([['s1', 'compensated']])
    expect(object.writes).toEqual(['none', 'before'])
    expect(engine.system.get('live').writes).toEqual([])
    const took = state.drill?.took ?? 0
    expect(await results(state)).toEqual([
      {
        ...{ runId: state.runId, service: state.service, environment: 'test', runbook: 'shop', procedure: 'only' },
        ...{ startedAt: state.startedAt, took, passed: true },
        steps: [{ id: 's1', title: 'copy → previous', took: expect.any(Number), seen: 'copy is at none: pass' }],
      },
    ])
    expect(await lastDrill(archive, state)).toEqual({ at: state.startedAt + took, took })
  })

  test('that fails waits for nobody, takes away what it made and says why; the last good one stays the last good one', async () => {
    const engine = await start(kept())
    const copy = engine.system.put('copy', 'none', 'before')
    engine.system.put('other', 'none', 'before')
    const service = `s-${randomUUID()}`
    const good = await drill(engine, [{ object: 'copy' }], { service })
    copy.health = 'inconclusive'
    const state = await drill(engine, [{ object: 'copy', onFailure: 'compensate' }, { object: 'other' }], { service })
    expect(state).toMatchObject({ outcome: 'compensated', drill: { problem: { code: 'VERIFY_INCONCLUSIVE' } } })
    expect(state.steps.map(({ status }) => status)).toEqual(['compensated', 'planned'])
    expect(copy.at).toBe('before')
    const [last, first] = await results(state)
    expect([last?.passed, last?.problem?.code, first?.passed]).toEqual([false, 'VERIFY_INCONCLUSIVE', true])
    expect((await lastDrill(archive, state))?.at).toBe(good.startedAt + (good.drill?.took ?? 0))
    expect(details(state)).toContain('the drill failed (VERIFY_INCONCLUSIVE')
  })

  test('is in nobody’s way: no lock of the service or of an object, no ledger, and no channel hears of one that passes', async () => {
    const engine = await start({
      ...kept(),
      wrap: (target) => ({
        ...target,
        verify: async (step, state, context) => {
          if (context.drill) await locked(engine, (await target.plan(step, context)).object)
          return target.verify(step, state, context)
        },
      }),
    })
    engine.system.put('copy', 'none', 'before')
    const input = inputOf(engine, [{ object: 'copy' }])
    const compiled = drillOf(input, kinds)
    expect(compiled).not.toHaveProperty('ledger')
    expect(compiled.runbook?.communicate).toEqual({ needsPerson: ['log'] })
    const run = await begin(engine, input)
    const state = await run.ends()
    expect(state).toMatchObject({ id: drillId('test', input.service), outcome: 'compensated' })
    const history = JSON.stringify(await run.handle.fetchHistory())
    expect(history).toContain('unwind.archive')
    for (const called of ['unwind.notify', 'unwind.conclude', 'unwind.release']) expect(history).not.toContain(called)
  })

  test('stands in every later plan that touches data, in its report and in the Temporal UI; “never” stands there before', async () => {
    const engine = await start(kept())
    engine.system.put('copy', 'none', 'before')
    engine.system.put('live', 'v1', 'v2')
    const service = `s-${randomUUID()}`
    const touching = [{ object: 'live', data: true }]
    const before = await engine.plan(engine.input(touching, { service }))
    expect(before.lastDrill).toBeNull()
    const drilled = await drill(engine, [{ object: 'copy' }], { service })
    const after = await engine.plan(engine.input(touching, { service }))
    expect(after.lastDrill).toMatchObject({ took: drilled.drill?.took })
    expect(after.digest).toBe(before.digest)
    expect((await engine.plan(engine.input([{ object: 'live' }], { service }))).lastDrill).toBeUndefined()
    const never = await (await engine.rollback(touching)).ends()
    expect(never.lastDrill).toBeNull()
    expect(details(never)).toContain('Last successful restore drill: never')
    expect(markdown(report(never))).toContain('| Last successful restore drill | never |')
    engine.system.put('live', 'v1', 'v2')
    const state = await (await engine.rollback(touching, { service })).ends()
    expect(state.lastDrill).toEqual(after.lastDrill)
    const at = new Date(after.lastDrill?.at ?? 0).toISOString()
    expect(details(state)).toContain(`Last successful restore drill: ${at.slice(0, 16)}Z, `)
    expect(markdown(report(state))).toContain(`| Last successful restore drill | ${at}`)
  })

  test('that can not take away what it made ends all the same: a person owes it, and hears of it', async () => {
    const engine = await start({ ...kept(), wrap: sticking(() => true) })
    engine.system.put('copy', 'none', 'before')
    const run = await begin(engine, inputOf(engine, [{ object: 'copy' }]))
    const state = await run.ends()
    expect(state).toMatchObject({ outcome: 'aborted', drill: { took: expect.any(Number) } })
    const owed = { id: 'left-s1', owner: 'team-data', text: expect.stringContaining('TARGET_REJECTED: it is in use') }
    expect(state.obligations).toMatchObject([owed])
    expect(await results(state)).toMatchObject([{ passed: true, left: ['copy → previous'] }])
    expect(details(state)).toContain('still there: copy → previous')
    const followup = engine.client.workflow.getHandle(followupId(state.runId))
    expect(await followup.query('obligations')).toMatchObject({ obligations: [owed] })
    await followup.terminate()
  })

  test('that is cancelled takes away what it made first', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    let reached = () => {}
    const verifying = new Promise<void>((resolve) => (reached = resolve))
    const engine = await start({
      ...kept(),
      wrap: (target) => ({
        ...target,
        verify: async (step, state, context) => {
          reached()
          await Promise.race([held, rejected(context.signal)])
          return target.verify(step, state, context)
        },
      }),
    })
    const copy = engine.system.put('copy', 'none', 'before')
    const run = await begin(engine, inputOf(engine, [{ object: 'copy' }]))
    await verifying
    await run.handle.cancel()
    const state = await run.ends()
    release()
    expect(state).toMatchObject({ outcome: 'compensated', drill: { problem: { code: 'STEP_DECLINED' } } })
    expect(copy.writes).toEqual(['none', 'before'])
    expect(await results(state)).toMatchObject([{ passed: false }])
  })

  test('that holds a step which touches what serves is refused by the worker, whoever started it', async () => {
    const engine = await start({ ...kept(), kinds: { memory: {} } })
    engine.system.put('live', 'v1', 'v2')
    const state = await drill(engine, [{ object: 'live' }])
    expect(state.drill?.problem ?? state.problem).toMatchObject({ code: 'FORBIDDEN' })
    expect(engine.system.get('live').writes).toEqual([])
    expect(await results(state)).toMatchObject([{ passed: false, problem: { code: 'FORBIDDEN' } }])
  })
})

/** Fails where the object of a drill is locked. */
async function locked(engine: Engine, object: string): Promise<void> {
  const lock = engine.client.workflow.getHandle(lockId(object))
  const found = await lock.describe().then(
    () => true,
    () => false,
  )
  if (found) throw new UnwindError('TARGET_REJECTED', `${object} is locked by a drill`)
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
}
