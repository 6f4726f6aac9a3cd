import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { expect, test } from 'vitest'
import { lockId } from '../../model/ids.ts'
import type { Target } from '../../model/target.ts'
import { failing, forbidden } from '../support/faults.ts'
import { until } from '../support/until.ts'
import { scenarios } from './scenario.ts'

scenarios('promise 5, one rollback at a time', (start) => {
  test('per service: the second start is refused by Temporal itself', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    engine.system.put('shop', 'v1', 'v2')
    const input = engine.input([{ object: 'shop' }])
    const run = await engine.begin(input)
    await run.reaches('parked')
    await expect(engine.begin(input)).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError)
    await run.decide('retry')
    await run.ends()
  })

  test('per object: a rollback of the same object under another name is refused and names the holder, until that has ended', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    const name = `shop-${Date.now()}`
    const object = engine.system.put(name, 'v1', 'v2')
    const first = await engine.rollback([{ object: name }])
    await first.reaches('parked')
    const second = await (await engine.rollback([{ object: name }])).ends()
    expect(second).toMatchObject({ outcome: 'not-applicable', problem: { code: 'OBJECT_LOCKED' } })
    expect(second.problem?.message).toContain(first.handle.workflowId)
    await first.decide('retry')
    await first.ends()
    const lock = engine.client.workflow.getHandle(lockId(`memory/${engine.system.id}/${name}`))
    await until(
      async () => (await lock.describe()).status.name,
      (status) => status === 'TERMINATED',
      (status) => `the lock is ${status}`,
    )
    object.at = 'v2'
    expect((await (await engine.rollback([{ object: name }])).ends()).outcome).toBe('recovered')
  })

  test('per object: a run of several steps has all of its objects or changes none, and says which is held', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    const [mine, held, other] = ['mine', 'held', 'other'].map((name) => `${name}-${Date.now()}`) as [
      string,
      string,
      string,
    ]
    for (const name of [mine, held, other]) engine.system.put(name, 'v1', 'v2')
    const first = await engine.rollback([{ object: held }, { object: other }])
    await first.reaches('parked')
    const second = await (await engine.rollback([{ object: mine }, { object: held }])).ends()
    expect(second).toMatchObject({ outcome: 'not-applicable', problem: { code: 'OBJECT_LOCKED' } })
    expect(second.problem?.facts).toMatchObject({
      object: expect.stringContaining(held),
      holder: first.handle.workflowId,
    })
    expect(second.steps.filter(({ problem }) => problem).map(({ id }) => id)).toEqual([second.steps[1]?.id])
    expect(engine.system.get(mine).writes).toEqual([])
    expect((await (await engine.rollback([{ object: mine }])).ends()).outcome).toBe('recovered')
    await first.decide('retry')
    expect((await first.ends()).outcome).toBe('recovered')
  })

  test('per object: a step that moves several holds each of them, and lets go of all', async () => {
    const wrap = (target: Target): Target => {
      const faulty = failing(target, { apply: [forbidden] })
      return {
        ...faulty,
        plan: async (step, context) => {
          const plan = await faulty.plan(step, context)
          const { object } = plan
          return object.includes('/main-') ? { ...plan, also: [object.replace('/main-', '/beside-')] } : plan
        },
      }
    }
    const engine = await start({ wrap })
    const main = `main-${Date.now()}`
    const beside = main.replace('main', 'beside')
    for (const name of [main, beside]) engine.system.put(name, 'v1', 'v2')
    const first = await engine.rollback([{ object: main }])
    await first.reaches('parked')
    const second = await (await engine.rollback([{ object: beside }])).ends()
    expect(second).toMatchObject({ outcome: 'not-applicable', problem: { code: 'OBJECT_LOCKED' } })
    await first.decide('retry')
    await first.ends()
    const lock = engine.client.workflow.getHandle(lockId(`memory/${engine.system.id}/${beside}`))
    await until(
      async () => (await lock.describe()).status.name,
      (status) => status === 'TERMINATED',
      (status) => `the lock is ${status}`,
    )
    expect((await (await engine.rollback([{ object: beside }])).ends()).outcome).toBe('recovered')
  })

  test('the lock of a run that was terminated is taken over', async () => {
    const engine = await start({ wrap: (target) => failing(target, { apply: [forbidden] }) })
    const name = `gone-${Date.now()}`
    engine.system.put(name, 'v1', 'v2')
    const first = await engine.rollback([{ object: name }])
    await first.reaches('parked')
    await first.handle.terminate('an operator had no patience')
    expect((await (await engine.rollback([{ object: name }])).ends()).outcome).toBe('recovered')
  })
})
