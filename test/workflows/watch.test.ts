import { expect, test, vi } from 'vitest'
import { watchId } from '../../model/ids.ts'
import type { WatchInput, WatchState } from '../../model/triggers/watched.ts'
import type { Engine } from '../support/engine.ts'
import { deployed, environmentOf, quick, stands } from '../support/episodes.ts'
import { gently } from '../support/gentle.ts'
import { until } from '../support/until.ts'
import { scenarios } from './scenario.ts'

// Several workflows speak with each other in each case, which takes its time where the machine is busy.
vi.setConfig({ testTimeout: 120_000 })

async function watching(engine: Engine, changes: Partial<WatchInput> = {}) {
  const run = await deployed(engine, 'a')
  const input: WatchInput = {
    format: 1,
    trigger: { runbook: 'shop', id: 'ill', mode: 'propose' },
    watched: {
      measurement: { kind: 'pods', title: 'pods of s1 are healthy', spec: { pods: 'healthy', of: 's1' }, of: 's1' },
      fires: 'fails',
      connection: 'unwind',
    },
    ...{ every: 300, for: 150, run, settings: quick(), revision: '1', events: 4_000 },
    ...changes,
  }
  const workflowId = watchId(environmentOf(engine), 'shop', 'ill')
  await engine.client.workflow.start('watch', {
    workflowId,
    taskQueue: engine.configuration.temporal?.taskQueue ?? '',
    args: [input],
  })
  const handle = engine.client.workflow.getHandle(workflowId)
  const sees = (enough: (state: WatchState) => boolean) =>
    gently<WatchState>(
      handle,
      'watch',
      enough,
      (state) => `it has looked ${state?.looks} times, last ${state?.last?.fires}: ${state?.last?.evidence}`,
    )
  return { run, handle, sees, object: engine.system.get('a') }
}

scenarios('a durable watch', (start) => {
  test('opens one episode while its condition holds, tells its end, and opens another the next time', async () => {
    const engine = await start()
    const { run, handle, sees, object } = await watching(engine)
    await sees(({ last }) => last?.fires === 'no')
    object.health = 'fail'
    const { episode: first } = await sees(({ episode }) => episode !== undefined)
    const proposal = engine.client.workflow.getHandle(`proposal/${run.environment}/${run.service}/${first?.id}`)
    await stands(proposal, 'proposed')
    expect((await sees(() => true)).episode).toEqual(first)
    object.health = 'pass'
    await sees(({ episode }) => episode === undefined)
    expect(await proposal.result()).toMatchObject({ outcome: 'resolved' })
    object.health = 'fail'
    const { episode: second } = await sees(({ episode }) => episode !== undefined)
    expect(second?.id).not.toBe(first?.id)
    await handle.signal('end')
    await handle.result()
    expect(object.writes).toEqual([])
  })

  test('a condition that holds for too short a time, or can’t be measured, opens nothing', async () => {
    const engine = await start()
    const { handle, sees, object } = await watching(engine, { for: 60 * 60_000 })
    object.health = 'fail'
    await sees(({ since }) => since !== undefined)
    object.health = 'inconclusive'
    const { since, episode } = await sees(({ last }) => last?.fires === 'unknown')
    expect([since !== undefined, episode]).toEqual([true, undefined])
    engine.system.objects.delete('a')
    const { looks } = await sees(({ last }) => last?.evidence.includes('no object') === true)
    await sees((state) => state.looks > looks)
    await handle.signal('end')
    expect(await handle.result()).not.toHaveProperty('episode')
  })

  test('a long history goes on as a new execution with what was seen', async () => {
    const engine = await start()
    const { handle, sees, object } = await watching(engine, { events: 20, every: 200 })
    object.health = 'fail'
    const { runId } = await handle.describe()
    await until(
      () => handle.describe(),
      (now) => now.runId !== runId,
      () => 'it has not continued as a new execution',
    )
    expect((await sees(({ episode }) => episode !== undefined)).looks).toBeGreaterThan(1)
    await handle.signal('end')
    await handle.result()
  })
})
