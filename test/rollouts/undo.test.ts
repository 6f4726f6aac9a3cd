import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { until } from '../support/until.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { deploymentOf, IMAGE } from '../targets/kubernetes-manifests.ts'
import { blueGreen, CANARY, PAUSING, rolloutLab, type RolloutLab, templateOf } from './lab.ts'

let lab: Lab
let hands: RolloutLab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
  hands = rolloutLab(lab)
})
afterAll(() => lab.close())

const codes = ({ warnings }: { warnings: { code: string }[] }) => warnings.map(({ code }) => code)

it('in the middle of an update the last good revision is the stable one, and goes back at once, without its steps', async () => {
  await hands.deploy('middle', { image: '3.8', strategy: PAUSING })
  const good = (await hands.rollout('middle')).status?.stableRS
  await hands.deploy('middle', { image: '3.9', strategy: PAUSING }, ['Paused'])
  const verb = hands.verbs('middle')
  const plan = await verb.plan()
  expect(plan.to).toMatchObject({ podHash: good })
  expect(plan.impact?.join('; ')).toMatch(/revision 1 .* needs no steps and no analysis: it is the stable one/)
  expect(codes(plan)).not.toContain('NEEDS_PROMOTION')
  const state = await verb.apply(plan)
  const verdict = await verb.verify(state)
  expect(verdict.evidence.summary).toMatch(/Healthy and stable/)
  expect(verdict.status).toBe('pass')
  expect((await verb.history()).map(({ details, current }) => [details['role'], current])).toEqual([
    ['stable', true],
    [undefined, false],
  ])
})

it('after the update an undo goes by the steps again and waits for people, unless it is promoted fully', async () => {
  await hands.deploy('whole', { image: '3.8', strategy: CANARY })
  await hands.deploy('whole', { image: '3.9', strategy: CANARY })
  await hands.patch('whole', { spec: { strategy: PAUSING } })
  await hands.sees('whole', ({ metadata, status }) => status?.observedGeneration === String(metadata.generation))
  const slow = hands.verbs('whole')
  const plan = await slow.plan()
  expect(plan.warnings).toContainEqual(expect.objectContaining({ code: 'NEEDS_PROMOTION', confirm: true }))
  const state = await slow.apply(plan)
  const verdict = await slow.verify(state)
  expect(verdict).toMatchObject({ status: 'inconclusive' })
  expect(verdict.evidence.summary).toMatch(/paused at step 2 of 2 .* until somebody promotes it/)
  const promotion = hands.verbs('whole', { action: 'promote-full' })
  const promoting = await promotion.plan()
  expect(promoting.reversible).not.toBe(true)
  expect(promoting.warnings).toContainEqual(expect.objectContaining({ code: 'ANALYSIS_SKIPPED', confirm: true }))
  expect((await promotion.verify(await promotion.apply(promoting))).status).toBe('pass')
  const fast = hands.verbs('whole', { promote: 'full', to: '3.9' })
  const quick = await fast.plan()
  expect(codes(quick)).toContain('ANALYSIS_SKIPPED')
  expect((await fast.verify(await fast.apply(quick))).status).toBe('pass')
  expect((await hands.rollout('whole')).spec.template?.spec?.containers?.[0]?.image).toBe(`${IMAGE}:3.9`)
})

it('a full promotion waits until the controller has seen the template: before, it would be lost without a word', async () => {
  await hands.deploy('early', { image: '3.8', strategy: CANARY })
  await hands.deploy('early', { image: '3.9', strategy: CANARY })
  const { metadata, status } = await hands.rollout('early')
  // What kubectl's own patch does: written while the present revision is stable, it is gone once the controller looks.
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${lab.namespace}/rollouts/early`
  await lab.ask('PATCH', `${path}/status`, { status: { promoteFull: true } }, 'application/merge-patch+json')
  await hands.patch('early', { spec: { minReadySeconds: 1 } })
  await hands.sees('early', (seen) => seen.status?.observedGeneration === String((metadata.generation ?? 0) + 1))
  expect((await hands.rollout('early')).status?.promoteFull).toBeUndefined()
  expect((await hands.rollout('early')).status?.stableRS).toBe(status?.stableRS)
  const verb = hands.verbs('early', { promote: 'full' })
  const plan = await verb.plan()
  expect(await verb.applyOnce(plan)).toMatchObject({ again: expect.any(Number) })
  expect((await hands.rollout('early')).status?.promoteFull).toBeUndefined()
  const state = await verb.apply(plan)
  expect((await verb.verify(state)).status).toBe('pass')
})

it('with a workloadRef the template goes back into the Deployment, and nowhere else', async () => {
  const { spec } = deploymentOf('referred', { image: '3.8', replicas: 0 }) as { spec: object }
  const deployment = (image: string) => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'referred' } },
    spec: { ...spec, template: templateOf('referred', { image }) },
  })
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'referred' }
  await lab.apply(deployment('3.8'))
  await hands.deploy('by-ref', { image: '', spec: { selector: { matchLabels: { app: 'referred' } }, workloadRef } })
  const first = (await hands.rollout('by-ref')).status?.stableRS
  await lab.apply(deployment('3.9'))
  await hands.sees('by-ref', ({ status }) => status?.phase === 'Healthy' && status.stableRS !== first)
  const verb = hands.verbs('by-ref')
  const plan = await verb.plan()
  expect(plan.also).toEqual([expect.stringMatching(/\/deployment\/referred$/)])
  const state = await verb.apply(plan)
  expect((await verb.verify(state)).status).toBe('pass')
  const written = await lab.workload('referred')
  expect(written.spec.template.spec?.containers?.[0]?.image).toBe(`${IMAGE}:3.8`)
  expect(written.spec.replicas).toBe(0)
  expect(written.metadata.annotations).toHaveProperty(['unwind.dev/rollback-id'])
  expect((await hands.rollout('by-ref')).spec.template?.spec?.containers).toBeUndefined()
})

it('blue-green goes back in an instant while the old pods still run, and says so once they do not', async () => {
  const delayed = (seconds: number) => blueGreen('blue', { scaleDownDelaySeconds: seconds })
  await hands.services('blue')
  await hands.deploy('blue', { image: '3.8', strategy: delayed(300) })
  const good = (await hands.rollout('blue')).status?.stableRS
  await hands.deploy('blue', { image: '3.9', strategy: delayed(300) })
  await until(
    () => hands.replicaSets('blue'),
    ([first]) => first?.metadata.annotations?.['scale-down-deadline'] !== undefined,
    () => 'the old pods have no deadline yet',
  )
  const verb = hands.verbs('blue')
  const warm = await verb.plan()
  expect(warm.impact?.join('; ')).toMatch(/all its pods still run, until 2/)
  expect((await verb.verify(await verb.apply(warm))).status).toBe('pass')
  expect((await hands.rollout('blue')).status?.blueGreen?.activeSelector).toBe(good)
  await hands.services('cold')
  const manual = blueGreen('cold', { scaleDownDelaySeconds: 1 })
  await hands.deploy('cold', { image: '3.8', strategy: manual })
  await hands.deploy('cold', { image: '3.9', strategy: manual })
  await until(
    () => hands.replicaSets('cold'),
    ([first]) => (first?.status?.availableReplicas ?? 0) === 0,
    () => 'the old pods still run',
  )
  const plan = await hands.verbs('cold').plan()
  expect(plan.impact?.join('; ')).toMatch(/2 pods of it have to start first; the active service switches once/)
})

it('a blue-green update that nobody promotes by itself waits for people on the way back too', async () => {
  await hands.services('asked')
  const strategy = blueGreen('asked', { autoPromotionEnabled: false, scaleDownDelaySeconds: 1 })
  await hands.deploy('asked', { image: '3.8', strategy })
  await hands.deploy('asked', { image: '3.9', strategy }, ['Paused'])
  const promotion = hands.verbs('asked', { action: 'promote-full' })
  expect((await promotion.verify(await promotion.apply(await promotion.plan()))).status).toBe('pass')
  await until(
    () => hands.replicaSets('asked'),
    ([first]) => (first?.status?.availableReplicas ?? 0) === 0,
    () => 'the old pods still run',
  )
  const plan = await hands.verbs('asked').plan()
  expect(codes(plan)).toContain('NEEDS_PROMOTION')
  const fast = hands.verbs('asked', { promote: 'full' })
  expect((await fast.verify(await fast.apply(await fast.plan()))).status).toBe('pass')
})
