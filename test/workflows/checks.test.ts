import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { CompiledCheck, CompiledMeasurement } from '../../model/runbook/compiled.ts'
import type { Verdict } from '../../model/target.ts'
import type { Engine } from '../support/engine.ts'
import { failing, type Fault, forbidden, ok, unreachable } from '../support/faults.ts'
import { type Part, runbookInput } from '../support/runbook.ts'
import { until } from '../support/until.ts'
import { scenarios } from './scenario.ts'

const PODS: CompiledMeasurement = { kind: 'pods', title: 'pods of s1', spec: { pods: 'healthy', of: 's1' }, of: 's1' }

/** A check of these measurements: twenty looks a second, two passes in a row. */
function check(measurements: CompiledMeasurement[], rules: Partial<CompiledCheck> = {}): Part {
  const check = { every: 50, within: 8_000, consecutive: 2, warmUp: 0, measurements, ...rules }
  return { role: 'check', check }
}

const said =
  (status: Verdict['status']): Fault =>
  () =>
    Promise.resolve({ status, evidence: { summary: `it ${status}s` } } as never)

/** What the last check of the run has answered, samples included, as its history holds it. */
async function answerOf(engine: Engine, workflowId: string): Promise<Verdict & { samples: unknown[] }> {
  const { events } = await engine.client.workflow.getHandle(workflowId).fetchHistory()
  const scheduled = events?.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'check.measure',
  )
  const done = events?.findLast((event) =>
    scheduled?.some(({ eventId }) => eventId?.eq(event.activityTaskCompletedEventAttributes?.scheduledEventId ?? -1)),
  )
  const data = done?.activityTaskCompletedEventAttributes?.result?.payloads?.[0]?.data
  return JSON.parse(Buffer.from(data ?? []).toString('utf8'))
}

/** A server on this machine that answers with these statuses in turn, the last one for ever; its origin. */
async function answering(...statuses: number[]): Promise<string> {
  const server = createServer((_, answer) => {
    answer.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200).end('top secret')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function health(engine: Engine, origin: string): CompiledMeasurement {
  engine.configuration.connections['health'] = { kind: 'http', environment: 'test', origin, private: true }
  const spec = { http: 'health', path: '/healthz' }
  return { kind: 'http', title: 'GET health /healthz is 200', connection: 'health', spec }
}

scenarios('checks', (start) => {
  test('so many passes in a row end the check, and the looks are in the history', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }, check([PODS], { consecutive: 3 })]))
    const state = await run.ends()
    expect(state.outcome).toBe('recovered')
    expect(state.steps[1]?.verdict).toMatchObject({
      status: 'pass',
      evidence: { summary: '3 passes in a row: a is at v1: pass', facts: { passed: 3, failed: 0, needed: 3 } },
    })
    expect((await answerOf(engine, run.handle.workflowId)).samples).toHaveLength(3)
  })

  test('a check that fails parks with what it saw, and measures anew after a retry', async () => {
    const verify = [ok, ...Array.from({ length: 3 }, () => said('fail'))]
    const engine = await start({ wrap: (target) => failing(target, { verify }) })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }, check([PODS], { failureLimit: 2 })]))
    const { parked } = await run.reaches('parked')
    expect(parked).toMatchObject({ stepId: 's2', during: 'verify', problem: { code: 'VERIFY_FAILED' } })
    expect(parked?.problem.message).toContain('3 looks failed, at most 2 may be')
    await run.decide('retry')
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('promise 4, inconclusive is not success: a check that proves nothing asks a person', async () => {
    const verify = [ok, ...Array.from({ length: 3 }, () => said('inconclusive'))]
    const engine = await start({ wrap: (target) => failing(target, { verify }) })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }, check([PODS], { inconclusiveLimit: 2 })]))
    const { parked } = await run.reaches('parked')
    expect(parked).toMatchObject({ stepId: 's2', problem: { code: 'VERIFY_INCONCLUSIVE' } })
    await run.decide('abort')
    expect((await run.ends()).outcome).toBe('aborted')
  })

  test('what could not be measured is measured again and is no verdict; a missing right is not tried again', async () => {
    const verify = [ok, unreachable, unreachable, said('pass'), unreachable, ok, ok, forbidden]
    const engine = await start({ wrap: (target) => failing(target, { verify }) })
    engine.system.put('a', 'v1', 'v2')
    const twice = [{ object: 'a' }, check([PODS], { failureLimit: 0, inconclusiveLimit: 0 }), check([PODS])]
    const run = await engine.begin(runbookInput(engine, twice))
    const { parked, steps } = await run.reaches('parked')
    expect(steps[1]?.verdict?.evidence.facts).toMatchObject({ passed: 3, errors: 3, failed: 0 })
    expect(parked).toMatchObject({ stepId: 's3', problem: { code: 'TARGET_FORBIDDEN' } })
    await run.decide('abort')
    await run.ends()
  })

  test('when its time is over without a proof, it ends', async () => {
    const engine = await start({ wrap: (target) => failing(target, { verify: [ok, ...Array(50).fill(unreachable)] }) })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }, check([PODS], { within: 400 })]))
    const { parked } = await run.reaches('parked')
    expect(parked?.problem.code).toBe('VERIFY_INCONCLUSIVE')
    expect(parked?.problem.message).toContain('not 2 passes in a row within 400 ms')
    await run.decide('abort')
    await run.ends()
  })

  test('several measurements are one look: all have to pass at once, and no body is kept', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const origin = await answering(503, 503, 200, 500, 200)
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }, check([PODS, health(engine, origin)])]))
    const state = await run.ends()
    expect(state.steps[1]?.verdict).toMatchObject({
      status: 'pass',
      evidence: { summary: '2 passes in a row: all 2 pass', facts: { passed: 3, failed: 3 } },
    })
    const { samples } = await answerOf(engine, run.handle.workflowId)
    expect(samples[0]).toMatchObject({
      summary: '1 of 2 pass; health /healthz: status 503, wanted 200',
      facts: { status: 'fail', measurements: [{ title: 'GET health /healthz is 200' }, { status: 'pass' }] },
    })
    expect(JSON.stringify(await run.handle.fetchHistory())).not.toContain(Buffer.from('top secret').toString('base64'))
    expect(JSON.stringify(samples)).not.toContain('secret')
  })

  test.each([
    ['that is not there', undefined, 'has no connection health'],
    ['of another environment', 'staging', 'connection health belongs to staging, not to test'],
  ])('a connection %s parks by its name', async (_what, environment, message) => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const measurement = health(engine, await answering(200))
    const { connections } = engine.configuration
    if (environment) Object.assign(connections['health'] ?? {}, { environment })
    else delete connections['health']
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }, check([measurement])]))
    const { parked } = await run.reaches('parked')
    expect(parked?.problem).toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(message),
    })
    await run.decide('abort')
    await run.ends()
  })

  test('another worker goes on where the first one stopped', async () => {
    let looks = 0
    const counted: Fault = async (work) => {
      looks++
      return work()
    }
    const engine = await start({
      wrap: (target) => failing(target, { verify: [ok, ...Array<Fault>(200).fill(counted)] }),
      limits: { heartbeat: 2_000 },
    })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(
      runbookInput(engine, [{ object: 'a' }, check([PODS], { every: 100, consecutive: 25 })]),
    )
    await until(
      async () => looks,
      (seen) => seen >= 8,
      (seen) => `${seen} looks`,
    )
    await engine.stopWorker()
    const before = looks
    await engine.startWorker()
    const state = await run.ends()
    expect(state.steps[1]?.verdict).toMatchObject({ status: 'pass', evidence: { facts: { inARow: 25 } } })
    const { samples } = await answerOf(engine, run.handle.workflowId)
    expect(samples).toHaveLength(16)
    expect(looks).toBeLessThan(25 + before)
  })

  test('an abort ends it while it measures', async () => {
    const engine = await start({
      wrap: (target) => failing(target, { verify: [ok, ...Array(100).fill(said('fail'))] }),
    })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(
      runbookInput(engine, [{ object: 'a' }, check([PODS], { within: 60_000, every: 20_000 })]),
    )
    await until(
      async () => (await run.handle.describe()).raw.pendingActivities ?? [],
      (pending) => pending.some(({ activityType }) => activityType?.name === 'check.measure'),
      () => 'nothing is measured',
    )
    await run.send('abort', { note: 'enough' })
    expect((await run.ends()).outcome).toBe('aborted')
  })
})
