import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { CallContext, Move, Plan } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { FAILS } from '../csi-driver/driver.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { Database } from './database.ts'
import { VOLUME_TARGETS, volumeStep } from './fixture.ts'

const target = VOLUME_TARGETS['volume-snapshot']
let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

function verbs(name: string, fields: object = {}, more: Partial<CallContext> = {}) {
  const step = volumeStep('volume-snapshot', lab, name, fields)
  const context = contextFor(lab.connection, more)
  return {
    plan: (): Promise<Plan> => planOf(target, step, context),
    planError: () => errorOf(() => planOf(target, step, context)),
    once: (move: Move) => target.apply(target.schema.parse(step) as never, move, context),
    apply: (move: Move) => applied(target, step, move, context),
    applyError: (move: Move) => errorOf(() => applied(target, step, move, context)),
    verify: (state: Plan['to']) => verified(target, step, state, context),
  }
}

it('every claim of every replica is taken, with its size and classes in the plan, also at zero', async () => {
  const database = new Database(lab, 'wide')
  await database.deploy('before', { replicas: 2, templates: ['data', 'wal'] })
  const verb = verbs('wide')
  const plan = await verb.plan()
  expect(plan.changes.map(({ path }) => path).toSorted()).toEqual(await database.claimNames())
  expect(plan.changes[0]?.to).toBe('data-wide-0-step-{run} (1Gi, storage class double, snapshot class double)')
  expect(plan.warnings.map(({ code }) => code)).toEqual(['SNAPSHOT_DELETE_POLICY'])
  const state = await verb.apply(plan)
  expect((await verb.verify(state)).status).toBe('pass')
  expect(await database.snapshots()).toHaveLength(4)
  await database.patch({ spec: { replicas: 0 } })
  expect((await verbs('wide').plan()).changes).toHaveLength(4)
})

it('a driver that fails is quoted while it may still succeed, and fails the step once it goes on', async () => {
  const database = new Database(lab, 'failing')
  await database.deploy('before')
  await database.note('data-failing-0', { [FAILS]: 'the pool is full' })
  const verb = verbs('failing')
  const plan = await verb.plan()
  await expect
    .poll(() => verb.once(plan), { timeout: 20_000, interval: 200 })
    .toMatchObject({ doing: expect.stringContaining('the pool is full') })
  const error = await verb.applyError(plan)
  expect(error).toMatchObject({ code: 'TARGET_REJECTED', message: expect.stringContaining('the pool is full') })
  await database.note('data-failing-0', { [FAILS]: null })
  await expect.poll(async () => (await database.snapshots())[0]?.status?.readyToUse, { timeout: 40_000 }).toBe(true)
  const state = await verb.apply(plan)
  expect((await verb.verify(state)).status).toBe('pass')
})

it('taking back keeps and marks what a rollback took, and deletes what a drill took', async () => {
  const database = new Database(lab, 'tidy')
  await database.deploy('before')
  for (const drill of [false, true]) {
    const verb = verbs('tidy', {}, { stepId: drill ? 'drilled' : 'taken', ...(drill && { drill }) })
    const plan = await verb.plan()
    const state = await verb.apply(plan)
    const back = await verb.apply({ from: state, to: plan.from })
    expect((await verb.verify(back)).status).toBe('pass')
  }
  const left = (await database.snapshots()).map(({ metadata }) => metadata)
  expect(left.map(({ name }) => name)).toEqual([expect.stringMatching(/^data-tidy-0-taken-/)])
  expect(left[0]?.annotations).toHaveProperty(['unwind.dev/released'])
})

it('a class is named where there is no one default, and refused where the driver has none of that name', async () => {
  const database = new Database(lab, 'classy')
  await database.deploy('before')
  const kept = await verbs('classy', { snapshotClass: 'double-kept' }).plan()
  expect(kept.warnings).toEqual([])
  expect(kept.changes[0]?.to).toContain('snapshot class double-kept')
  const error = await verbs('classy', { snapshotClass: 'other' }).planError()
  expect(error).toMatchObject({ code: 'NO_ROLLBACK_TARGET', message: expect.stringContaining('double, double-kept') })
})
