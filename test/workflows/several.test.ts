import { expect, test } from 'vitest'
import type { CallContext, Plan, State, Target } from '../../model/target.ts'
import { runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

/** The object `all` stands for itself and `shop`: a step on it moves both, and tells what it leaves of the other. */
function several(target: Target): Target {
  const shop = (step: object) => ({ ...step, object: 'shop' }) as never
  const isAll = (step: object) => 'object' in step && step.object === 'all'
  return {
    ...target,
    plan: async (step, context) => {
      const plan = await target.plan(step, context)
      if (!isAll(step)) return plan
      const { object, from, to } = await target.plan(shop(step), { ...context, ...earlierOf(context) })
      return { ...plan, also: [object], leaves: { [object]: to }, to: { ...plan.to, move: { from, to } } } as Plan
    },
    apply: async (step, move, context) => {
      const inside = (move.to as { move?: { from: State; to: State } }).move
      if (isAll(step) && inside) await target.apply(shop(step), inside, context)
      return target.apply(step, move, context)
    },
  }
}

/** A step of several objects is told of single ones. */
function earlierOf({ earlier = {} }: CallContext): { assumed?: State } {
  const [assumed] = Object.values(earlier)
  return assumed ? { assumed } : {}
}

scenarios('a step of several objects', (start) => {
  test('leaves each of them where a later step on one alone begins', async () => {
    const engine = await start({ wrap: several })
    engine.system.put('all', 'v1', 'v2')
    const shop = engine.system.put('shop', 'v1', 'v2', 'v3')
    const run = await engine.begin(runbookInput(engine, [{ object: 'all' }, { object: 'shop' }]))
    const state = await run.ends()
    expect([state.outcome, state.problem]).toEqual(['recovered', undefined])
    expect(shop.writes).toEqual(['v2', 'v1'])
  })

  test('begins where an earlier step on one of them alone has left it', async () => {
    const engine = await start({ wrap: several })
    engine.system.put('all', 'v1', 'v2')
    const shop = engine.system.put('shop', 'v1', 'v2', 'v3')
    const run = await engine.begin(runbookInput(engine, [{ object: 'shop' }, { object: 'all' }]))
    const state = await run.ends()
    expect([state.outcome, state.problem]).toEqual(['recovered', undefined])
    expect(shop.writes).toEqual(['v2', 'v1'])
  })
})
