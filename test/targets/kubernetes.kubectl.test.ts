import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { prove } from '../prove/kubectl.ts'
import { DIFFERENCES } from '../prove/kubectl/differences.ts'
import { until } from '../support/until.ts'
import { callKubectl } from './kubernetes-kubectl.ts'
import { type Lab, openLab, revisionOf } from './kubernetes-lab.ts'
import { IMAGE } from './kubernetes-manifests.ts'
import { freezeController } from './kubernetes-policies.ts'
import { codes, verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

/** So many fit; `npm run prove -- kubectl` tries more, and others with another seed. */
const CASES = 9

const [v1, v2, v3] = [{ image: '3.7' }, { image: '3.8' }, { image: '3.9' }]

async function image(of: Lab, name: string): Promise<string | undefined> {
  return (await of.workload(name)).spec.template.spec?.containers?.[0]?.image
}

it('every difference that the proof allows stands in the guide, with what kubectl does', async () => {
  const guide = await readFile(new URL('../../docs/guide/kubectl.md', import.meta.url), 'utf8')
  for (const { name } of DIFFERENCES) expect(guide).toContain(`| \`${name}\` |`)
})

it('twins of random lives end at the same template, or differ as the guide says', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  await prove({ cases: CASES, seed: 11, args: ['--kubeconfig', inject('kubeconfig')] }, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines).toHaveLength(CASES)
})

describe('the harm of kubectl rollout undo, and what Unwind does instead', () => {
  it.each(['deployment', 'statefulset', 'daemonset'] as const)(
    'unobserved: right after an apply kubectl takes a %s back two releases',
    async (kind) => {
      const own = lab.of(kind)
      const name = `hasty-${kind}`
      for (const release of [v1, v2]) await own.deploy(name, release)
      const thaw = await freezeController(own, name)
      try {
        await own.deploy(name, v3, 'not')
        expect((await verbs(own, name, { to: 'previous' }).planOnceError()).code).toBe('TARGET_UNREACHABLE')
        expect(await callKubectl(own, 'rollout', 'undo', `${kind}/${name}`)).toMatchObject({ ok: true })
        expect(await image(own, name)).toBe(`${IMAGE}:3.7`)
      } finally {
        await thaw()
      }
    },
  )

  it('renumbered: kubectl does not know a number that a rollback has moved, although the ReplicaSet is there', async () => {
    for (const release of [v1, v2]) await lab.deploy('moved', release)
    expect(await callKubectl(lab, 'rollout', 'undo', 'deployment/moved')).toMatchObject({ ok: true })
    await until(
      () => lab.replicaSets('moved'),
      (sets) => sets.map(revisionOf).join() === '2,3',
      () => 'the number does not move',
    )
    await lab.deploy('moved', v3)
    const answer = await callKubectl(lab, 'rollout', 'undo', 'deployment/moved', '--to-revision=1')
    expect(answer).toMatchObject({ ok: false, said: expect.stringContaining('unable to find specified revision') })
    const back = verbs(lab, 'moved', { to: 1 })
    const plan = await back.plan()
    expect(codes(plan)).toContain('REVISION_MOVED')
    await back.apply(plan)
    expect(await image(lab, 'moved')).toBe(`${IMAGE}:3.7`)
  })

  it('annotations: kubectl deletes from a Deployment what was added since, and brings the old cause back', async () => {
    const releases = [v1, { ...v2, annotations: { 'example.test/oncall': 'team-b' } }]
    for (const name of ['noted', 'kept']) for (const release of releases) await lab.deploy(name, release)
    expect(await callKubectl(lab, 'rollout', 'undo', 'deployment/noted')).toMatchObject({ ok: true })
    expect((await lab.workload('noted')).metadata.annotations).not.toHaveProperty('example.test/oncall')
    const back = verbs(lab, 'kept')
    await back.apply(await back.plan())
    expect((await lab.workload('kept')).metadata.annotations).toMatchObject({ 'example.test/oncall': 'team-b' })
  })

  it('held-up: a StatefulSet whose newest pod never becomes ready stays broken after kubectl undid it', async () => {
    const own = lab.of('statefulset')
    await own.deploy('held', v1)
    await own.deploy('held', { ...v2, behaviour: 'crash-loop' }, 'observed')
    await until(
      () => own.pods('held'),
      (pods) => JSON.stringify(pods).includes('CrashLoopBackOff'),
      () => 'no pod fails',
    )
    expect(await callKubectl(own, 'rollout', 'undo', 'statefulset/held')).toMatchObject({ ok: true })
    const status = await callKubectl(own, 'rollout', 'status', 'statefulset/held', '--timeout=10s')
    expect(status).toMatchObject({ ok: false, said: expect.stringContaining('timed out') })
    const back = verbs(own, 'held', { to: '3.7' })
    expect(await back.verify(await back.apply(await back.plan()))).toMatchObject({ status: 'pass' })
  })
})

describe('where kubectl rollout status says done, and nothing shows that it is', () => {
  it('partition: the pods below it still run the release that was to be left', async () => {
    const own = lab.of('statefulset')
    const spec = (partition: number) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } })
    for (const release of [v1, v2]) await own.deploy('partial', { ...release, spec: spec(0) })
    await own.patch('partial', { spec: spec(1) })
    const back = verbs(own, 'partial')
    const state = await back.apply(await back.plan())
    const status = await callKubectl(own, 'rollout', 'status', 'statefulset/partial', '--timeout=30s')
    expect(status).toMatchObject({ ok: true, said: expect.stringContaining('roll out complete') })
    expect(await back.verify(state)).toMatchObject({ status: 'inconclusive' })
  })

  it('no-pods: a Deployment without replicas counts as rolled out', async () => {
    for (const release of [v1, v2]) await lab.deploy('asleep', { ...release, replicas: 0 })
    const back = verbs(lab, 'asleep')
    const state = await back.apply(await back.plan())
    const status = await callKubectl(lab, 'rollout', 'status', 'deployment/asleep', '--timeout=30s')
    expect(status).toMatchObject({ ok: true, said: expect.stringContaining('successfully rolled out') })
    expect(await back.verify(state)).toMatchObject({ status: 'inconclusive' })
  })
})
