import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { serviceId } from '../../model/ids.ts'
import { BOB, type Engine } from '../support/engine.ts'
import { imageOf } from '../../rehearsal/memory.ts'
import { concluded, ledgerOf, released, stateOf, stopByHand, tellService, update } from '../support/services.ts'
import { until } from '../support/until.ts'
import { scenarios } from './scenario.ts'

// Several workflows speak with each other in each case, which takes its time where the machine is busy.
vi.setConfig({ testTimeout: 120_000 })

/** A service whose v1 and v2 are recorded, and that has been rolled back from v2. */
async function rolledBack(engine: Engine) {
  const input = engine.input([{ object: 'a' }], { ledger: true })
  const { service } = input
  engine.system.put('a', 'v1', 'v2')
  for (const version of ['v1', 'v2'])
    await tellService(engine, service, 'record', {
      release: released(version, { images: [imageOf('a', version)], deployedAt: Number(version.slice(1)) }),
    })
  const run = await engine.begin(input)
  const { runId, outcome } = await run.ends()
  expect(outcome).toBe('recovered')
  return { service, runId, state: await concluded(engine, service, runId) }
}

scenarios('what is known of a service', (start) => {
  test('a release is recorded once: by its key, and by what it is', async () => {
    const engine = await start()
    const { service } = engine.input([{ object: 'a' }])
    const release = released('v1', { images: ['shop/a:v1'] })
    const keyed = { release, key: 'k', body: 'b' }
    expect(await tellService(engine, service, 'record', keyed)).toMatchObject({ created: true, release: { seq: 1 } })
    expect(await tellService(engine, service, 'record', keyed)).toMatchObject({ created: false })
    await expect(tellService(engine, service, 'record', { ...keyed, body: 'c' })).rejects.toMatchObject({
      cause: { type: 'KEY_REUSED' },
    })
    const again = await tellService(engine, service, 'record', { release: { ...release, healthy: true } }, BOB)
    expect(again).toMatchObject({ created: false, release: { verified: { by: 'health-check' } } })
    expect((await stateOf(engine, service)).releases).toHaveLength(1)
  })

  test('nothing but a stop counts without a signature, and a signature counts for its own message only', async () => {
    const engine = await start()
    const { service } = engine.input([{ object: 'a' }])
    await expect(update(engine, service, 'lock', { reason: 'no' })).rejects.toMatchObject({
      cause: { type: 'FORBIDDEN' },
    })
    await expect(update(engine, service, 'lock', { reason: 'no', signed: 'forged' })).rejects.toMatchObject({
      cause: { type: 'UNAUTHENTICATED' },
    })
    await stopByHand(engine, service)
    await expect(update(engine, service, 'go', { reason: 'no' })).rejects.toMatchObject({
      cause: { type: 'FORBIDDEN' },
    })
    expect(await stateOf(engine, service)).toMatchObject({ stopped: { by: 'unverified' } })
    await tellService(engine, service, 'go', { reason: 'looked at' })
    expect((await stateOf(engine, service)).stopped).toBeUndefined()
  })

  test('a run that recovers verifies what it went to, denies what it left, and locks', async () => {
    const engine = await start()
    const { service, runId, state } = await rolledBack(engine)
    expect(state.lock).toMatchObject({ runId, by: 'alice', reason: 'rolled back from v2 to v1: the release is bad' })
    expect(state.denied).toMatchObject([{ version: 'v2', images: [imageOf('a', 'v2')], runId }])
    expect(state.concluding).toEqual([])
    const { releases } = await ledgerOf(engine, service)
    expect(releases).toMatchObject([
      { version: 'v1', verified: true, denied: false, runId },
      { version: 'v2', verified: false, denied: true },
      { version: 'v1', verified: true, denied: false },
    ])
    await tellService(engine, service, 'unlock', { reason: 'mended', allow: ['v2'] })
    expect(await stateOf(engine, service)).toMatchObject({ denied: [] })
    await expect(tellService(engine, service, 'unlock', { reason: 'again' })).rejects.toMatchObject({
      cause: { type: 'DECISION_REFUSED' },
    })
  })

  test('whoever leaves word of a run that never was changes nothing', async () => {
    const engine = await start()
    const { service } = engine.input([{ object: 'a' }])
    await tellService(engine, service, 'record', { release: released('v1') })
    const handle = engine.client.workflow.getHandle(serviceId('test', service))
    const { runId } = await handle.describe()
    await handle.signal('concluded', runId, runId)
    await until(
      () => stateOf(engine, service),
      ({ concluding }) => concluding.length === 0,
      () => 'it still waits for that run',
    )
    expect(await stateOf(engine, service)).toMatchObject({ runs: [], denied: [] })
    expect((await stateOf(engine, service)).lock).toBeUndefined()
  })

  test('a run that nobody started looks at the kill switch before its change; who answers has it', async () => {
    const engine = await start()
    const input = engine.input([{ object: 'a' }], { automatic: 'p' })
    engine.system.put('a', 'v1', 'v2')
    await stopByHand(engine, input.service)
    const run = await engine.begin(input)
    const { parked } = await run.reaches('parked')
    expect(parked).toMatchObject({ during: 'plan', problem: { code: 'AUTOMATION_STOPPED' } })
    expect(engine.system.get('a').writes).toEqual([])
    await run.decide('retry')
    expect(await run.ends()).toMatchObject({ outcome: 'recovered', automatic: 'p' })
  })

  test('a run that is long in ending is read before it has ended', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'unwind-blocked-'))
    const blocked = join(folder, 'archive')
    await writeFile(blocked, 'a file where the folder of the archive should be')
    try {
      const engine = await start({ configuration: { archive: { folder: blocked } } })
      engine.system.put('a', 'v1', 'v2')
      const input = engine.input([{ object: 'a' }], { ledger: true, archive: true })
      await tellService(engine, input.service, 'record', { release: released('v1', { images: [imageOf('a', 'v1')] }) })
      const run = await engine.begin(input)
      const { runId } = await run.state()
      await concluded(engine, input.service, runId)
      expect((await run.handle.describe()).status.name).toBe('RUNNING')
      await rm(blocked)
      expect(await run.ends()).toMatchObject({ runId, outcome: 'recovered' })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('a long history goes on as a new execution with all that is known', async () => {
    const engine = await start()
    const { service } = engine.input([{ object: 'a' }])
    const handle = await engine.client.workflow.start('service', {
      workflowId: serviceId('test', service),
      taskQueue: engine.configuration.temporal?.taskQueue ?? '',
      args: [{ format: 1, environment: 'test', service, events: 30 }],
    })
    for (let version = 1; version <= 6; version++)
      await tellService(engine, service, 'record', { release: released(`v${version}`, { deployedAt: version }) })
    const { runId } = await engine.client.workflow.getHandle(handle.workflowId).describe()
    expect(runId).not.toBe(handle.firstExecutionRunId)
    const { releases, seq } = await stateOf(engine, service)
    expect(releases.map(({ version }) => version)).toEqual(['v6', 'v5', 'v4', 'v3', 'v2', 'v1'])
    expect(seq).toBe(6)
  })
})
