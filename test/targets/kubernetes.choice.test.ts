import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freezeController } from './kubernetes-policies.ts'
import { type Lab, openLab, revisionOf } from './kubernetes-lab.ts'
import { deploymentOf, IMAGE } from './kubernetes-manifests.ts'
import { codes, verbs } from './kubernetes-verbs.ts'
import { until } from '../support/until.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

const [v1, v2, v3] = [{ image: '3.7' }, { image: '3.8' }, { image: '3.9' }]

describe('which revision a Deployment goes back to', () => {
  it('does not go back two when the controller has not seen the newest template yet', async () => {
    for (const release of [v1, v2]) await lab.deploy('race', release)
    const thaw = await freezeController(lab, 'race')
    try {
      await lab.deploy('race', v3, 'not')
      const error = await verbs(lab, 'race', { to: 'previous' }).planOnceError()
      expect(error.code).toBe('TARGET_UNREACHABLE')
      expect(error.message).toContain('has not observed generation')
    } finally {
      await thaw()
    }
    const plan = await verbs(lab, 'race', { to: 'previous' }).plan()
    expect(plan.summary).toContain(`→ revision 2 (${IMAGE}:3.8)`)
  })

  it('says so when it goes back to a previous release that does not serve either, and finds the one that does', async () => {
    await lab.deploy('twice-bad', { ...v1, replicas: 3 })
    await lab.deploy('twice-bad', { ...v2, replicas: 3, behaviour: 'crash-loop' }, 'observed')
    await lab.deploy('twice-bad', { ...v3, replicas: 3, behaviour: 'crash-loop' }, 'observed')
    await until(
      () => lab.replicaSets('twice-bad'),
      (sets) => sets.length === 3 && (sets[0]?.status?.availableReplicas ?? 0) > 0,
      () => 'the first release does not serve',
    )
    const previous = await verbs(lab, 'twice-bad', { to: 'previous' }).plan()
    expect(previous.summary).toContain('→ revision 2')
    expect(previous.warnings).toContainEqual(expect.objectContaining({ code: 'PREVIOUS_NOT_SERVING', confirm: true }))
    const good = await verbs(lab, 'twice-bad', { to: 'last-good' }).plan()
    expect(good.summary).toContain('→ revision 1')
    expect(good.warnings).toContainEqual(expect.objectContaining({ code: 'UNVERIFIED_TARGET', confirm: true }))
  })

  it('finds a revision by the number it had before a rollback gave it another', async () => {
    for (const release of [v1, v2]) await lab.deploy('moved', release)
    const back = verbs(lab, 'moved', { to: 'previous' })
    await back.apply(await back.plan())
    await lab.deploy('moved', v3)
    const numbers = (await lab.replicaSets('moved')).map(revisionOf)
    expect(numbers).toEqual([2, 3, 4])
    const plan = await verbs(lab, 'moved', { to: 1 }).plan()
    expect(plan.summary).toContain(`→ revision 3 (${IMAGE}:3.7)`)
    expect(codes(plan)).toContain('REVISION_MOVED')
    const previous = await verbs(lab, 'moved', { to: 'previous' }).plan()
    expect(previous.to['replicaSet']).toBe(plan.to['replicaSet'])
  })

  it('lists the history newest first and says which revision is present', async () => {
    for (const release of [v1, v2]) await lab.deploy('listed', release)
    const history = await verbs(lab, 'listed').history()
    expect(history.map(({ id, title, current }) => [id, title, current])).toEqual([
      ['2', `${IMAGE}:3.8`, true],
      ['1', `${IMAGE}:3.7`, false],
    ])
  })

  it('leaves ReplicaSets of another owner alone, although they carry the same labels', async () => {
    const twin = deploymentOf('shared', { image: 'example.test/other:9' }) as { metadata: { name: string } }
    await lab.deploy('shared', v1)
    await lab.apply({ ...twin, metadata: { ...twin.metadata, name: 'twin' } })
    await until(
      () => lab.replicaSets('twin'),
      (sets) => sets.length === 1,
      () => 'the twin has no ReplicaSet',
    )
    const error = await verbs(lab, 'shared', { to: 'previous' }).planError()
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.message).not.toContain('example.test/other')
    await lab.deploy('shared', v2)
    const history = await verbs(lab, 'shared').history()
    expect(history.map(({ title }) => title)).toEqual([`${IMAGE}:3.8`, `${IMAGE}:3.7`])
  })

  it('names what is left when the wanted revision was pruned', async () => {
    const spec = { revisionHistoryLimit: 1 }
    for (const release of [v1, v2, v3]) await lab.deploy('pruned', { ...release, spec })
    await until(
      () => lab.replicaSets('pruned'),
      (sets) => sets.length === 2,
      () => 'nothing was pruned',
    )
    const error = await verbs(lab, 'pruned', { to: 1 }).planError()
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.message).toContain('does not have revision 1')
    expect(error.facts?.['revisions']).toEqual([3, 2])
  })

  it('stops without a change when the ReplicaSet was pruned after the plan', async () => {
    for (const release of [v1, v2]) await lab.deploy('pruned-late', release)
    const back = verbs(lab, 'pruned-late', { to: 'previous' })
    const plan = await back.plan()
    await lab.ask('DELETE', `/apis/apps/v1/namespaces/${lab.namespace}/replicasets/${String(plan.to['replicaSet'])}`)
    const error = await back.applyError(plan)
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    const { image } = (await lab.workload('pruned-late')).spec.template.spec?.containers?.[0] ?? {}
    expect(image).toBe(`${IMAGE}:3.8`)
  })
})

describe('how a revision can be named', () => {
  const digest = `sha256:${'a1'.repeat(32)}`
  beforeAll(async () => {
    await lab.deploy('named', { image: `${IMAGE}@${digest}` })
    await lab.deploy('named', { image: 'localhost:5000/team/pause:v1' })
    await lab.deploy('named', { image: 'localhost:5000/team/pause:v1', env: [{ name: 'A', value: 'b' }] })
    await lab.deploy('named', v3)
  })

  it.each([
    ['a digest', digest, 1],
    ['a whole reference with a digest', `${IMAGE}@${digest}`, 1],
    ['a number', 2, 2],
    ['a number in quotes', '2', 2],
  ])('by %s', async (_, to, revision) => {
    expect((await verbs(lab, 'named', { to }).plan()).summary).toContain(`→ revision ${revision} `)
  })

  it.each([
    ['a tag', 'v1'],
    ['a whole reference', 'localhost:5000/team/pause:v1'],
  ])('by %s, the newest one where several run it', async (_, to) => {
    const plan = await verbs(lab, 'named', { to }).plan()
    expect(plan.summary).toContain('→ revision 3 ')
    expect(codes(plan)).toContain('AMBIGUOUS_TARGET')
  })

  it('refuses part of a name', async () => {
    const error = await verbs(lab, 'named', { to: 'pause' }).planError({ ledger: async () => ({ releases: [] }) })
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.message).toContain('localhost:5000/team/pause:v1')
  })

  it('asks again while the ledger of releases does not answer, for a name may be that of a release', async () => {
    const error = await verbs(lab, 'named', { to: 'pause' }).planOnceError()
    expect(error.code).toBe('TARGET_UNREACHABLE')
    expect(error.message).toContain('ledger of releases')
  })

  it('by the present one: a plan that changes nothing', async () => {
    const plan = await verbs(lab, 'named', { to: '3.9' }).plan()
    expect(plan.from).toEqual(plan.to)
    expect(plan.changes).toEqual([])
    expect(codes(plan)).toContain('ALREADY_THERE')
    expect(await verbs(lab, 'named').apply(plan)).toEqual(plan.to)
  })
})

describe('states that were recorded', () => {
  it('an undo goes exactly where the record says', async () => {
    for (const release of [v1, v2, v3]) await lab.deploy('undo', release)
    const first = await verbs(lab, 'undo', { to: 1 }).plan()
    await verbs(lab, 'undo').apply(first)
    const undo = await verbs(lab, 'undo').plan({ towards: first.from })
    expect(undo.to).toEqual(first.from)
    expect(undo.from).toEqual(first.to)
  })

  it('an undo of an object that was made anew finds nothing', async () => {
    for (const release of [v1, v2]) await lab.deploy('anew', release)
    const { from } = await verbs(lab, 'anew', { to: 1 }).plan()
    const error = await verbs(lab, 'anew').planError({ towards: { ...from, uid: 'another' } })
    expect(error.code).toBe('NO_ROLLBACK_TARGET')
    expect(error.message).toContain('made anew')
  })

  it('a later step on the same object starts where the earlier one ends', async () => {
    for (const release of [v1, v2, v3]) await lab.deploy('chained', release)
    const { to: assumed } = await verbs(lab, 'chained', { to: 2 }).plan()
    const plan = await verbs(lab, 'chained', { to: 'previous' }).plan({ assumed })
    expect(plan.from).toEqual(assumed)
    expect(plan.summary).toContain('revision 2 (registry.k8s.io/pause:3.8) → revision 1 ')
    expect(plan.changes).toEqual([{ path: 'spec.containers[app].image', from: `${IMAGE}:3.8`, to: `${IMAGE}:3.7` }])
  })

  it('a release that a rollback left is not taken as the last good one', async () => {
    for (const release of [v1, v2]) await lab.deploy('left', release)
    const back = verbs(lab, 'left', { to: 'previous' })
    // The next deploy comes once the controller has numbered the ReplicaSet that was gone back to.
    await back.verify(await back.apply(await back.plan()))
    await lab.deploy('left', v3)
    const good = await verbs(lab, 'left').plan()
    expect(good.summary).toContain(`→ revision 3 (${IMAGE}:3.7)`)
    const bad = await verbs(lab, 'left', { to: '3.8' }).plan()
    expect(codes(bad)).toContain('ROLLED_BACK_BEFORE')
  })
})
