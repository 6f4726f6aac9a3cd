import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { CallContext, Move, Plan } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { HOLDS } from '../csi-driver/driver.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { Database } from './database.ts'
import { VOLUME_TARGETS, volumeStep } from './fixture.ts'

const target = VOLUME_TARGETS['volume-restore']
let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

function verbs(name: string, fields: object = {}, more: Partial<CallContext> = {}) {
  const step = volumeStep('volume-restore', lab, name, fields)
  const context = contextFor(lab.connection, more)
  return {
    context,
    plan: (extra: Partial<CallContext> = {}): Promise<Plan> => planOf(target, step, { ...context, ...extra }),
    planError: () => errorOf(() => planOf(target, step, context)),
    once: (move: Move) => target.apply(target.schema.parse(step) as never, move, context),
    apply: (move: Move) => applied(target, step, move, context),
    applyError: (move: Move) => errorOf(() => applied(target, step, move, context)),
    verify: (state: Plan['to']) => verified(target, step, state, context),
  }
}

it('two replicas with two volumes each, of a class that waits for a pod, go back while their data is kept, and forward again by another run', async () => {
  const database = new Database(lab, 'pair')
  await database.deploy('before', { replicas: 2, templates: ['data', 'wal'], storageClass: 'double-late' })
  await database.snapshot('nightly')
  const names = await database.claimNames()
  expect(names).toEqual(['data-pair-0', 'data-pair-1', 'wal-pair-0', 'wal-pair-1'])
  for (const name of names) await database.write(name, `after in ${name}`)
  const verb = verbs('pair', { maxLoss: '1h' })
  const plan = await verb.plan()
  expect(plan.reversible).toBe(true)
  expect(plan.data).toBe(true)
  expect(plan.changes.map(({ path }) => path).toSorted()).toEqual(names)
  expect(plan.changes[0]?.to).toMatch(
    /a new volume \(1Gi, storage class double-late\) of snapshot data-pair-0-nightly \(class double, taken at 20.*\)/,
  )
  expect(plan.lost).toHaveLength(4)
  expect(plan.lost?.[0]).toMatch(/written to data-pair-0 after .*: \d+ s by now/)
  const state = await verb.apply(plan)
  expect(state['lossSeconds']).toBeTypeOf('number')
  expect((await verb.verify(state)).status).toBe('pass')
  for (const name of names) expect(await database.holds(name)).toBe('before')
  const kept = (await database.claims()).filter(({ metadata }) => metadata.name.includes('-rb-'))
  expect(kept).toHaveLength(4)
  for (const { metadata, status } of kept) {
    expect(status?.phase).toBe('Bound')
    expect(await database.holds(metadata.name)).toMatch(/^after in/)
    expect((await database.volumeOf(metadata.name)).spec.persistentVolumeReclaimPolicy).toBe('Retain')
  }
  expect((await database.set()).spec.replicas).toBe(2)
  const undo = verbs('pair')
  const back = await undo.plan({ towards: plan.from })
  const end = await undo.apply(back)
  expect((await undo.verify(end)).status).toBe('pass')
  for (const name of names) expect(await database.holds(name)).toBe(`after in ${name}`)
})

it('a StatefulSet that is at zero already stays there, and the claims change hands', async () => {
  const database = new Database(lab, 'still')
  await database.deploy('before')
  await database.snapshot('nightly')
  await database.write('data-still-0', 'after')
  await database.patch({ spec: { replicas: 0 } })
  const verb = verbs('still')
  const plan = await verb.plan()
  const state = await verb.apply(plan)
  const verdict = await verb.verify(state)
  expect(verdict).toMatchObject({ status: 'pass', evidence: { summary: expect.stringContaining('at zero') } })
  expect((await database.set()).spec.replicas).toBe(0)
  expect(await database.holds('data-still-0')).toBe('before')
})

it('a volume that can not be made is told in the words of the driver, and taking back leaves everything as it was', async () => {
  const database = new Database(lab, 'broken')
  await database.deploy('before')
  await database.snapshot('nightly')
  const verb = verbs('broken')
  const plan = await verb.plan()
  const [snapshot] = await database.snapshots()
  await forget(snapshot?.status?.boundVolumeSnapshotContentName ?? '')
  await expect
    .poll(async () => (await verb.once(plan)) as object, { timeout: 30_000, interval: 200 })
    .toMatchObject({ doing: expect.stringContaining('no snapshot behind data-broken-0-nightly') })
  expect((await database.set()).spec.replicas).toBe(1)
  await verb.apply({ from: plan.to, to: plan.from })
  expect(await database.claimNames()).toEqual(['data-broken-0'])
  expect(await database.holds('data-broken-0')).toBe('before')
})

it('what can not be done is refused before anything changes, with the reason', async () => {
  const database = new Database(lab, 'careful')
  await database.deploy('before')
  expect((await verbs('careful').planError()).message).toMatch(/no snapshot of claim data-careful-0/)
  await database.snapshot('nightly')
  const early = await verbs('careful', { at: '2020-01-01T00:00:00Z' }).planError()
  expect(early).toMatchObject({ code: 'NO_ROLLBACK_TARGET', message: expect.stringContaining('or before') })
  const other = await verbs('careful', { snapshots: ['other'] }).planError()
  expect(other).toMatchObject({ code: 'NO_ROLLBACK_TARGET', message: expect.stringContaining('other: no such') })
  await expect
    .poll(() => verbs('careful', { maxLoss: '1s' }).planError(), { timeout: 10_000 })
    .toMatchObject({
      code: 'TARGET_REJECTED',
      message: expect.stringContaining('more than the 1s'),
    })
  await database.patch({ spec: { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } } })
  expect((await verbs('careful').planError()).message).toMatch(/whenScaled to Retain first/)
})

/** The driver loses what is behind a snapshot that still says that it is ready. */
async function forget(content: string): Promise<void> {
  const path = `/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents/${content}`
  const change = { metadata: { annotations: { [HOLDS]: null } } }
  await lab.ask('PATCH', path, change, 'application/merge-patch+json')
}
