import { expect, test } from 'vitest'
import { failing, forbidden, ok } from '../support/faults.ts'
import { scenarios } from './scenario.ts'

scenarios('a value that an earlier step leaves', (start) => {
  const steps = [
    { id: 'first', object: 'a' },
    { id: 'second', object: 'b', to: { ref: 'first.revision' } },
  ]

  test('is filled in before the step that names it is applied; what was approved names the reference', async () => {
    const engine = await start()
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v3')]
    const input = engine.input(steps)
    const dry = await engine.plan(input)
    const state = await (await engine.begin(input)).ends()
    expect(state.outcome).toBe('recovered')
    expect([a.at, b.at]).toEqual(['v1', 'v1'])
    const [, second] = state.steps
    expect(second?.plan?.to['revision']).toEqual({ ref: 'first.revision' })
    expect(second?.state?.['revision']).toBe('v1')
    expect(state.planDigest).toBe(dry.digest)
  })

  test('is filled in for the way back too', async () => {
    const engine = await start({ wrap: (target) => failing(target, { verify: [ok, forbidden] }) })
    const [a, b] = [engine.system.put('a', 'v1', 'v2'), engine.system.put('b', 'v1', 'v3')]
    const run = await engine.rollback(steps)
    await run.decide('compensate')
    expect((await run.ends()).outcome).toBe('compensated')
    expect([a.at, b.at]).toEqual(['v2', 'v3'])
  })

  test('parks the step that needs it, before anything is done, when the earlier step was left out', async () => {
    const engine = await start()
    const b = engine.system.put('b', 'v1', 'v3')
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.rollback([{ ...steps[0], when: 'false' }, steps[1] ?? {}])
    const { parked, steps: seen } = await run.reaches('parked')
    expect(parked).toMatchObject({ stepId: 'second', during: 'apply', problem: { code: 'NO_ROLLBACK_TARGET' } })
    expect(seen[1]?.begun).toBe(false)
    expect(b.writes).toEqual([])
  })

  test('is refused where no step before leaves it', async () => {
    const engine = await start()
    const [first = {}, second = {}] = steps
    expect(() => engine.input([second, first])).toThrow('names no step before it')
    expect(() => engine.input([first, { ...second, to: { ref: 'first.password' } }])).toThrow('there is: uid, revision')
  })
})
