import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import { expect, test } from 'vitest'
import { lockId } from '../../model/ids.ts'
import { failing, forbidden } from '../support/faults.ts'
import { until } from '../support/until.ts'
import { scenarios } from './scenario.ts'

type Call = Record<string, unknown>

/** What workers of earlier versions make of calls whose newer fields they do not know, by activity. */
const EARLIER: Record<string, (call: Call) => Call> = {
  'memory.plan': (call) => ({ ...call, ...(call['locksLater'] !== undefined && { locksLater: true }) }),
  'unwind.seal': (call) => ({ ...call, locks: undefined }),
  'unwind.conclude': (call) => ({ ...call, objects: undefined }),
}

/** Has these activities done as by a worker of an earlier version. */
function earlier(...types: string[]): ActivityInterceptorsFactory {
  return ({ info: { activityType } }) => ({
    inbound: {
      execute: (input, next) => {
        const read = types.includes(activityType) ? EARLIER[activityType] : undefined
        return next(read ? { ...input, args: (input.args as Call[]).map(read) } : input)
      },
    },
  })
}

const CASES = [
  { by: [], calls: ['unwind.seal', 'unwind.conclude'] },
  { by: ['memory.plan'], calls: ['unwind.seal', 'unwind.lock', 'unwind.release', 'unwind.conclude'] },
  { by: ['unwind.seal'], calls: ['unwind.seal', 'unwind.lock', 'unwind.release', 'unwind.conclude'] },
  { by: ['unwind.conclude'], calls: ['unwind.seal', 'unwind.conclude', 'unwind.release'] },
]

scenarios('the locks of a run whose calls are taken by workers of several versions', (start) => {
  test.each(CASES)('are held until its end, and then let go of: $by by an earlier one', async ({ by, calls }) => {
    const activity = [earlier(...by)]
    const wrap = (target: Parameters<typeof failing>[0]) => failing(target, { apply: [forbidden] })
    const engine = await start({ wrap, worker: { interceptors: { activity } } })
    const names = ['one', 'two'].map((name) => `${name}-${Date.now()}`)
    const steps = names.map((object) => ({ object }))
    for (const name of names) engine.system.put(name, 'v1', 'v2')
    const first = await engine.rollback(steps, { ledger: true })
    await first.reaches('parked')
    for (const step of steps)
      expect(await (await engine.rollback([step])).ends()).toMatchObject({ problem: { code: 'OBJECT_LOCKED' } })
    await first.decide('retry')
    expect((await first.ends()).outcome).toBe('recovered')
    const { events } = await first.handle.fetchHistory()
    const types = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? '')
    const own = types.filter((type) => type.startsWith('unwind.') && type !== 'unwind.identify')
    expect([...new Set(own)]).toEqual(calls)
    for (const name of names)
      await until(
        async () =>
          (await engine.client.workflow.getHandle(lockId(`memory/${engine.system.id}/${name}`)).describe()).status.name,
        (status) => status === 'TERMINATED',
        (status) => `the lock of ${name} is ${status}`,
      )
  })
})
