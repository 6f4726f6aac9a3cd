import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { Step } from '../../activities/schemas.ts'
import { kubernetes as single } from '../../activities/targets/kubernetes/index.ts'
import type { Move, Plan, State, Target } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { IMAGE, type Kind, type Release } from './kubernetes-manifests.ts'
import { releaseStep, target } from './release-fixture.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

type Member = readonly [kind: Kind, name: string]

function verbs(members: readonly Member[], more: object = {}) {
  const names = members.map(([kind, name]) => `${kind}/${name}`)
  const step = releaseStep(lab, names, more)
  const context = contextFor(lab.connection)
  return {
    plan: (towards?: State): Promise<Plan> => planOf(target, step, { ...context, ...(towards && { towards }) }),
    planError: () => errorOf(() => planOf(target, step, context)),
    apply: (move: Move) => applied(target, step, move, context),
    applyError: (move: Move) => errorOf(() => applied(target, step, move, context)),
    verify: (state: State) => verified(target, step, state, context),
    history: async () => target.history(target.schema.parse(step) as never, context),
  }
}

async function deploy(members: readonly Member[], ...releases: Release[]): Promise<void> {
  for (const release of releases) for (const [kind, name] of members) await lab.of(kind).deploy(name, release)
}

async function images(members: readonly Member[]): Promise<(string | undefined)[]> {
  return Promise.all(
    members.map(async ([kind, name]) => {
      const { spec } = await lab.of(kind).workload(name)
      return spec.template.spec?.containers?.[0]?.image?.replace(`${IMAGE}:`, '')
    }),
  )
}

it('all go back in their order, are verified together, and go forth again exactly', async () => {
  const members: Member[] = [
    ['statefulset', 'ledger'],
    ['deployment', 'shop'],
    ['daemonset', 'agent'],
  ]
  await deploy(members, { image: '3.7' }, { image: '3.8' })
  const back = verbs(members)
  const plan = await back.plan()
  expect(plan.summary).toMatch(/^statefulset\/ledger .*; then deployment\/shop .*; then daemonset\/agent /)
  expect(plan.also).toEqual(
    members.map(([kind, name]) => expect.stringMatching(new RegExp(`/${lab.namespace}/${kind}/${name}$`))),
  )
  expect(plan.changes.map(({ path }) => path)).toEqual(
    members.map(([kind, name]) => `${kind}/${name} spec.containers[app].image`),
  )
  const state = await back.apply(plan)
  expect(await images(members)).toEqual(['3.7', '3.7', '3.7'])
  expect(await back.verify(state)).toMatchObject({ status: 'pass' })
  const undo = await back.plan(plan.from)
  expect(undo.to['workloads']).toEqual(plan.from['workloads'])
  expect(await back.verify(await back.apply(undo))).toMatchObject({ status: 'pass' })
  expect(await images(members)).toEqual(['3.8', '3.8', '3.8'])
  expect((await back.history()).map(({ id }) => id)).toContain('deployment/shop 4')
})

it('one that fails stops those after it; all are taken back, also to a release that is broken', async () => {
  const members: Member[] = [
    ['deployment', 'first'],
    ['deployment', 'second'],
    ['deployment', 'third'],
  ]
  await deploy([members[0], members[2]] as Member[], { image: '3.7' })
  await lab.deploy('first', { image: '3.8', behaviour: 'crash-loop' }, 'observed')
  await lab.deploy('third', { image: '3.8' })
  await lab.deploy('second', { image: '3.7', behaviour: 'crash-loop' }, 'observed')
  await lab.deploy('second', { image: '3.8' })
  const back = verbs(members)
  const plan = await back.plan()
  const error = await back.applyError(plan)
  expect(error.code).toBe('VERIFY_FAILED')
  expect(error.message).toMatch(/^deployment\/second: container app of pod .*CrashLoopBackOff.*those after it stay/)
  expect(await images(members)).toEqual(['3.7', '3.7', '3.8'])
  const taken = await back.apply({ from: plan.to, to: plan.from })
  expect(await images(members)).toEqual(['3.8', '3.8', '3.8'])
  expect((await back.verify(taken)).evidence.summary).toContain('CrashLoopBackOff')
})

it('a step on one of them alone goes on from where they leave it, and they from where it does', async () => {
  const members: Member[] = [
    ['deployment', 'alone'],
    ['deployment', 'beside'],
  ]
  await deploy(members, { image: '3.6' }, { image: '3.7' }, { image: '3.8' })
  const context = contextFor(lab.connection)
  const both = releaseStep(lab, ['deployment/alone', 'deployment/beside'], { to: 'previous' })
  const alone = { ...lab.step('alone'), to: 'previous' }
  const kubernetes = single as unknown as Target
  const plan = await planOf(target, both, context)
  const [object = ''] = plan.also ?? []
  const later = await planOf(kubernetes, alone, { ...context, assumed: plan.leaves?.[object] ?? {} })
  expect(later.object).toBe(object)
  await applied(target, both, plan, context)
  await applied(kubernetes, alone, later, context)
  expect(await images(members)).toEqual(['3.6', '3.7'])
  await deploy(members, { image: '3.8' })
  const before = await planOf(kubernetes, alone, context)
  const after = await planOf(target, both, { ...context, earlier: { [object]: before.to } })
  await applied(kubernetes, alone, before, context)
  await applied(target, both, after, context)
  expect((await verified(target, both, after.to, context)).status).toBe('pass')
})

it('one that somebody changed stops it, and what has moved before is no longer untouched', async () => {
  const members: Member[] = [
    ['deployment', 'moved'],
    ['deployment', 'changed'],
  ]
  await deploy(members, { image: '3.7' }, { image: '3.8' })
  const back = verbs(members)
  const plan = await back.plan()
  await lab.deploy('changed', { image: '3.9' })
  const error = await back.applyError(plan)
  expect(error).toMatchObject({ code: 'PLAN_STALE', facts: { untouched: false } })
  expect(error.message).toContain('Moved before: deployment/moved')
  expect(await images(members)).toEqual(['3.7', '3.9'])
})

it('one without an earlier revision keeps all where they are, and is named', async () => {
  const members: Member[] = [
    ['deployment', 'old'],
    ['daemonset', 'new'],
  ]
  await deploy([members[0]] as Member[], { image: '3.7' })
  await deploy(members, { image: '3.8' })
  const error = await verbs(members).planError()
  expect(error.code).toBe('NO_ROLLBACK_TARGET')
  expect(error.message).toMatch(/^daemonset\/new: /)
})

it('a selector takes every kind of workload with the labels, and nothing else', async () => {
  const labels = { 'app.kubernetes.io/part-of': 'shop' }
  for (const image of ['3.7', '3.8'])
    for (const kind of ['daemonset', 'deployment', 'statefulset'] as const)
      await lab.of(kind).deploy(`of-${kind}`, { image, labels })
  const pick = (selector: object) => {
    const step = { kind: 'kubernetes-release', namespace: lab.namespace, selector, soak: '0s' }
    return { step, context: contextFor(lab.connection) }
  }
  const { step, context } = pick(labels)
  const plan = await planOf(target, step, context)
  expect((plan.to['workloads'] as { workload: string }[]).map(({ workload }) => workload)).toEqual([
    'deployment/of-deployment',
    'statefulset/of-statefulset',
    'daemonset/of-daemonset',
  ])
  const none = pick({ 'app.kubernetes.io/part-of': 'nothing' })
  expect((await errorOf(() => planOf(target, none.step, none.context))).code).toBe('NO_ROLLBACK_TARGET')
})

it('the example is a request, and a step names workloads or a selector, not both and not neither', async () => {
  const text = await readFile(new URL('../../examples/kubernetes-release/rollback.json', import.meta.url), 'utf8')
  const { steps } = JSON.parse(text) as { steps: unknown[] }
  for (const step of steps) expect(Step.safeParse(step).success).toBe(true)
  const kind = 'kubernetes-release'
  const both = { kind, workloads: ['deployment/a'], selector: { app: 'a' } }
  for (const wrong of [{ kind }, both, { kind, workloads: [] }, { kind, selector: {} }])
    expect(Step.safeParse(wrong).success).toBe(false)
})
