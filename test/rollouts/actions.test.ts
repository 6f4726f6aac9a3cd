import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { findBinary } from '../../tools/find.ts'
import { contextFor, errorOf } from '../support/conformance-drive.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { blueGreen, CANARY, PAUSING, rolloutLab, type RolloutLab, target } from './lab.ts'

let lab: Lab
let hands: RolloutLab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
  hands = rolloutLab(lab)
})
afterAll(() => lab.close())

const codes = ({ warnings }: { warnings: { code: string }[] }) => warnings.map(({ code }) => code)

it('an abort is no restore: stable serves again, the spec still names the bad template, and an undo finishes the job', async () => {
  await hands.deploy('bad', { image: '3.8', strategy: PAUSING, replicas: 4 })
  await hands.deploy('bad', { image: '3.9', strategy: PAUSING, replicas: 4 }, ['Paused'])
  const abort = hands.verbs('bad', { action: 'abort' })
  const plan = await abort.plan()
  expect(codes(plan)).toContain('ABORT_IS_NO_RESTORE')
  expect(plan.impact?.join('; ')).toMatch(/2 pods of revision 1 .* have to start first/)
  expect(plan.changes).toEqual([{ path: 'aborted', from: 'false', to: 'true' }])
  const undo = hands.verbs('bad', { to: 'stable' })
  const after = await undo.plan({ assumed: plan.to })
  const state = await abort.apply(plan)
  expect((await abort.verify(state)).status).toBe('pass')
  const { spec, status } = await hands.rollout('bad')
  expect(JSON.stringify(spec.template)).toContain(':3.9')
  expect(status?.phase).toBe('Degraded')
  expect(codes(await abort.plan())).toContain('ALREADY_THERE')
  expect((await undo.verify(await undo.apply(after))).status).toBe('pass')
  expect(JSON.stringify((await hands.rollout('bad')).spec.template)).toContain(':3.8')
})

it('what was aborted is retried, and what is stable can be neither aborted, retried nor promoted', async () => {
  await hands.deploy('again', { image: '3.8', strategy: PAUSING })
  for (const action of ['abort', 'retry', 'promote-full']) {
    const error = await hands.verbs('again', { action }).planError()
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.message).toMatch(/has no update in progress \(revision 1 .* is stable\), so .* would do nothing/)
  }
  await hands.deploy('again', { image: '3.9', strategy: PAUSING }, ['Paused'])
  const abort = hands.verbs('again', { action: 'abort' })
  await abort.apply(await abort.plan())
  const retry = hands.verbs('again', { action: 'retry' })
  const plan = await retry.plan()
  const state = await retry.apply(plan)
  const verdict = await retry.verify(state)
  expect(verdict.evidence.summary).toMatch(/paused at step 2 of 2/)
  expect(verdict.status).toBe('inconclusive')
  // The move reversed aborts it again.
  await retry.apply({ from: state, to: plan.from })
  expect((await hands.rollout('again')).status?.abort).toBe(true)
})

it('an abort of blue-green switches the active service back', async () => {
  await hands.services('shift')
  const strategy = blueGreen('shift', { autoPromotionEnabled: false })
  await hands.deploy('shift', { image: '3.8', strategy })
  await hands.deploy('shift', { image: '3.9', strategy }, ['Paused'])
  const abort = hands.verbs('shift', { action: 'abort' })
  expect((await abort.verify(await abort.apply(await abort.plan()))).status).toBe('pass')
  const { status } = await hands.rollout('shift')
  expect(status?.blueGreen?.activeSelector).toBe(status?.stableRS)
})

it('an abort that comes late hits no other update', async () => {
  await hands.deploy('late', { image: '3.8', strategy: PAUSING })
  await hands.deploy('late', { image: '3.9', strategy: PAUSING }, ['Paused'])
  const abort = hands.verbs('late', { action: 'abort' })
  const plan = await abort.plan()
  await hands.deploy('late', { image: '3.10', strategy: PAUSING }, ['Paused'])
  const error = await errorOf(() => abort.apply(plan))
  expect(error.code).toBe('PLAN_STALE')
  expect((await hands.rollout('late')).status?.abort).toBeFalsy()
  const promote = hands.verbs('late', { action: 'promote-full' })
  await promote.verify(await promote.apply(await promote.plan()))
  const to = { ...plan.to, podHash: (await hands.rollout('late')).status?.stableRS }
  expect((await errorOf(() => abort.apply({ from: plan.from, to }))).message).toMatch(/is stable by now/)
})

it('a word that the controller has overlooked is told again, by a touch that changes nothing', async () => {
  await hands.deploy('deaf', { image: '3.8', strategy: PAUSING })
  // Written in the very moment in which the controller writes itself: it puts its older object back into its cache.
  await hands.deploy('deaf', { image: '3.9', strategy: PAUSING }, ['Paused'])
  const abort = hands.verbs('deaf', { action: 'abort' })
  const state = await abort.apply(await abort.plan())
  expect((await hands.rollout('deaf')).status?.abortedAt).toBeDefined()
  expect((await abort.verify(state)).status).toBe('pass')
})

it('what an undo writes is what kubectl’s own plugin writes', async () => {
  const plugin = await findBinary('kubectl-argo-rollouts')
  const env = [{ name: 'A', value: '1' }]
  for (const name of ['ours', 'theirs']) {
    await hands.deploy(name, { image: '3.8', env, strategy: CANARY })
    await hands.deploy(name, { image: '3.9', strategy: CANARY })
  }
  await promisify(execFile)(plugin, ['undo', 'theirs', '-n', lab.namespace, '--kubeconfig', lab.kubeconfig])
  const verb = hands.verbs('ours', { to: 'previous' })
  await verb.apply(await verb.plan())
  const template = async (name: string) =>
    JSON.parse(JSON.stringify((await hands.rollout(name)).spec.template).replaceAll(name, 'x')) as object
  const written = await template('theirs')
  expect(await template('ours')).toEqual(without(written, 'creationTimestamp'))
})

it('labels that the controller lends to the pods of a canary do not go back, as they do with kubectl', async () => {
  const lent = {
    ...PAUSING.canary,
    canaryMetadata: { labels: { role: 'canary' } },
    stableMetadata: { labels: { role: 'stable' } },
  }
  await hands.deploy('lent', { image: '3.8', strategy: { canary: lent } })
  await hands.deploy('lent', { image: '3.9', strategy: { canary: lent } }, ['Paused'])
  const [first] = await hands.replicaSets('lent')
  expect(first?.spec.template.metadata?.labels).toMatchObject({ role: 'stable' })
  const verb = hands.verbs('lent')
  expect((await verb.verify(await verb.apply(await verb.plan()))).status).toBe('pass')
  expect((await hands.rollout('lent')).spec.template?.metadata?.labels).toEqual({ app: 'lent' })
})

it('a Rollout that refers to something else than a Deployment is refused by name', async () => {
  const workloadRef = { apiVersion: 'v1', kind: 'PodTemplate', name: 'x' }
  await hands.apply('odd', { image: '', spec: { workloadRef } })
  const step = target.schema.parse(hands.verbs('odd').step)
  const error = await errorOf(async () => target.plan(step as never, contextFor(lab.connection)))
  expect(error).toMatchObject({ code: 'TARGET_REJECTED' })
})

/** The same without a field that Go writes as null. */
function without(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, key))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => name !== key)
  return Object.fromEntries(kept.map(([name, item]) => [name, without(item, key)]))
}
