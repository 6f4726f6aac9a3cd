import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { until } from '../support/until.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { IMAGE, workloadOf } from './kubernetes-manifests.ts'
import { freezeController } from './kubernetes-policies.ts'
import { codes, verbs } from './kubernetes-verbs.ts'

let guest: Lab
beforeAll(async () => {
  guest = await openLab(inject('kubeconfig'))
})
afterAll(() => guest.close())

const [v1, v2, v3] = [{ image: '3.7' }, { image: '3.8' }, { image: '3.9' }]

describe.each(['statefulset', 'daemonset'] as const)('what a %s keeps as ControllerRevisions', (kind) => {
  let lab: Lab
  beforeAll(() => {
    lab = guest.of(kind)
  })
  const named = (name: string) => `${kind}-${name}`
  const image = async (name: string) => (await lab.workload(name)).spec.template.spec?.containers?.[0]?.image

  it('is gone back to, named in the state by its name and uid, and gone forth to again', async () => {
    const name = named('round')
    for (const release of [v1, v2]) await lab.deploy(name, release)
    const [first, second] = await lab.controllerRevisions(name)
    const back = verbs(lab, name)
    const plan = await back.plan()
    const { uid } = (await lab.workload(name)).metadata
    const state = (of: typeof first) => ({
      uid,
      controllerRevision: { name: of?.metadata.name, uid: of?.metadata.uid },
      templateHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect([plan.from, plan.to]).toEqual([state(second), state(first)])
    expect(plan.object).toMatch(new RegExp(`/${kind}/${name}$`))
    const there = await back.apply(plan, { rollbackId: 'r-1', actor: 'ann', reason: 'it fails' })
    expect(await back.verify(there)).toMatchObject({ status: 'pass' })
    expect(await image(name)).toBe(`${IMAGE}:3.7`)
    expect((await lab.workload(name)).metadata.annotations).toMatchObject({
      'unwind.dev/rollback-id': 'r-1',
      'unwind.dev/rolled-back-from': second?.metadata.name,
      'kubernetes.io/change-cause': `rollback r-1 to ${first?.metadata.name} by ann: it fails`,
    })
    const undo = await back.plan({ towards: plan.from })
    expect([undo.from, undo.to]).toEqual([plan.to, plan.from])
    expect(await back.verify(await back.apply(undo))).toMatchObject({ status: 'pass' })
    expect(await image(name)).toBe(`${IMAGE}:3.8`)
  })

  it('is not gone back two of when the controller has not seen the newest template yet', async () => {
    const name = named('race')
    for (const release of [v1, v2]) await lab.deploy(name, release)
    const thaw = await freezeController(lab, name)
    try {
      await lab.deploy(name, v3, 'not')
      const error = await verbs(lab, name, { to: 'previous' }).planOnceError()
      expect(error.code).toBe('TARGET_UNREACHABLE')
      expect(error.message).toContain('has not observed generation')
    } finally {
      await thaw()
    }
    const plan = await verbs(lab, name, { to: 'previous' }).plan()
    expect(plan.summary).toContain(`→ revision 2 (${IMAGE}:3.8)`)
  })

  it('moves to another number: what has none any more is not guessed, and is found by its image', async () => {
    const name = named('moved')
    for (const release of [v1, v2]) await lab.deploy(name, release)
    const back = verbs(lab, name, { to: 'previous' })
    await back.verify(await back.apply(await back.plan()))
    expect((await lab.controllerRevisions(name)).map(({ revision }) => revision)).toEqual([2, 3])
    const error = await verbs(lab, name, { to: 1 }).planError()
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.message).toContain('does not have revision 1; it keeps 3 (')
    await lab.deploy(name, v3)
    expect((await verbs(lab, name, { to: '3.7' }).plan()).summary).toContain('→ revision 3 ')
    // 3.8 was left once, and is the newest but one only by its number before.
    expect((await verbs(lab, name).plan()).summary).toContain(`→ revision 3 (${IMAGE}:3.7)`)
    expect(codes(await verbs(lab, name, { to: '3.8' }).plan())).toContain('ROLLED_BACK_BEFORE')
  })

  it('remembers on the workload all that was left, for no controller copies it to a ControllerRevision', async () => {
    const name = named('twice-left')
    for (const release of [v1, v2, v3]) await lab.deploy(name, release)
    const names = (await lab.controllerRevisions(name)).map(({ metadata }) => metadata.name)
    for (const to of ['3.8', '3.7']) {
      const back = verbs(lab, name, { to })
      await back.verify(await back.apply(await back.plan()))
    }
    const { annotations } = (await lab.workload(name)).metadata
    expect(annotations?.['unwind.dev/rolled-back-from']).toBe([names[2], names[1]].join(','))
    const left = (await verbs(lab, name).history()).filter(({ details }) => details['rolledBackFrom'] === 'true')
    expect(left.map(({ title }) => title).sort()).toEqual([`${IMAGE}:3.8`, `${IMAGE}:3.9`])
  })

  it('belongs to one owner, although another one carries the same labels', async () => {
    const name = named('shared')
    const twin = workloadOf(kind, name, { image: 'example.test/other:9' }) as { metadata: object }
    await lab.deploy(name, v1)
    await lab.apply({ ...twin, metadata: { ...twin.metadata, name: `${name}-twin` } })
    await until(
      () => lab.controllerRevisions(`${name}-twin`),
      (revisions) => revisions.length === 1,
      () => 'the twin keeps nothing',
    )
    const error = await verbs(lab, name, { to: 'previous' }).planError()
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.message).not.toContain('example.test/other')
    await lab.deploy(name, v2)
    expect((await verbs(lab, name).history()).map(({ title }) => title)).toEqual([`${IMAGE}:3.8`, `${IMAGE}:3.7`])
  })

  it('is refused once it was pruned, also when that happened after the plan', async () => {
    const name = named('pruned')
    for (const release of [v1, v2]) await lab.deploy(name, release)
    const back = verbs(lab, name)
    const plan = await back.plan()
    const [first] = await lab.controllerRevisions(name)
    await lab.ask('DELETE', `/apis/apps/v1/namespaces/${lab.namespace}/controllerrevisions/${first?.metadata.name}`)
    expect(await back.applyError(plan)).toMatchObject({ code: 'NO_ROLLBACK_TARGET' })
    expect(await image(name)).toBe(`${IMAGE}:3.8`)
    const error = await back.planError()
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.facts?.['revisions']).toEqual([2])
  })

  it('with revisionHistoryLimit 0 is said to be no way back from, and to be the reason why there is none', async () => {
    const name = named('forgetful')
    const oneByOne = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } }
    const spec = { revisionHistoryLimit: 0, ...(kind === 'daemonset' && oneByOne) }
    await lab.deploy(name, { ...v1, spec })
    // A rollout that does not end keeps what its pods still run.
    await lab.deploy(name, { ...v2, behaviour: 'crash-loop', spec }, 'observed')
    await until(
      () => verbs(lab, name).history(),
      (history) => history.length === 2,
      () => 'nothing is kept',
    )
    const back = verbs(lab, name)
    const plan = await back.plan()
    expect(plan.reversible).toEqual({ because: expect.stringContaining('revisionHistoryLimit') })
    expect(await back.verify(await back.apply(plan))).toMatchObject({ status: 'pass' })
    await until(
      () => lab.controllerRevisions(name),
      (revisions) => revisions.length === 1,
      () => 'what was left is kept',
    )
    const error = await back.planError({ towards: plan.from })
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.message).toContain('revisionHistoryLimit is 0')
  })

  it('is seen to fail at once when its pods fail, with evidence', async () => {
    const name = named('bad-before')
    await lab.deploy(name, { ...v1, behaviour: 'image-pull-error' }, 'observed')
    await lab.deploy(name, { ...v2, spec: { podManagementPolicy: undefined } }, 'observed')
    const back = verbs(lab, name)
    await until(
      () => verbs(lab, name).history(),
      (history) => history.length === 2,
      () => 'nothing is kept',
    )
    const { status, evidence } = await back.verify(await back.apply(await back.plan()))
    expect(status).toBe('fail')
    expect(evidence.summary).toMatch(
      new RegExp(`^container app of pod ${name}-\\w+: (?:ErrImagePull|ImagePullBackOff)`),
    )
  })

  it('says which pods an OnDelete strategy leaves, proves nothing with them, and passes once they are gone', async () => {
    const name = named('on-delete')
    const spec = { updateStrategy: { type: 'OnDelete' } }
    await lab.deploy(name, { ...v1, spec })
    await lab.deploy(name, { ...v2, spec }, 'observed')
    await deletePods(lab, name)
    await until(
      () => verbs(lab, name).history(),
      ([newest]) => Number(newest?.details['available']) === 2,
      () => 'the pods are not made anew',
    )
    const back = verbs(lab, name)
    const plan = await back.plan()
    expect(plan.warnings).toContainEqual(expect.objectContaining({ code: 'ON_DELETE', confirm: true }))
    const state = await back.apply(plan)
    const verdict = await back.verify(state)
    expect(verdict.status).toBe('inconclusive')
    expect(verdict.evidence.summary).toMatch(/2 pods still run another one, because .*OnDelete.*then retry/)
    for (const { metadata } of await lab.pods(name)) expect(verdict.evidence.summary).toContain(metadata.name)
    await deletePods(lab, name)
    await until(
      () => back.verify(state),
      ({ status }) => status === 'pass',
      (last) => `${last?.evidence.summary}`,
    )
  })

  it('with no pod at all is inconclusive, and the plan warned of it', async () => {
    const name = named('nowhere')
    const release = { replicas: 0, ...(kind === 'daemonset' && { pod: { nodeSelector: { none: 'here' } } }) }
    for (const { image: tag } of [v1, v2])
      await lab.deploy(name, { ...release, image: tag }, kind === 'daemonset' ? 'observed' : 'rolled-out')
    const back = verbs(lab, name)
    const plan = await back.plan()
    expect(plan.warnings).toContainEqual(expect.objectContaining({ code: 'ZERO_REPLICAS', confirm: true }))
    expect(await back.verify(await back.apply(plan))).toMatchObject({ status: 'inconclusive' })
  })
})

async function deletePods(lab: Lab, name: string): Promise<void> {
  for (const { metadata } of await lab.pods(name))
    await lab.ask('DELETE', `/api/v1/namespaces/${lab.namespace}/pods/${metadata.name}`)
}
