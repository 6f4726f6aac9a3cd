import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { deletePod } from '../../activities/targets/kubernetes/stuck.ts'
import { spotOf } from '../../activities/targets/kubernetes/objects.ts'
import { until } from '../support/until.ts'
import { connectAs, manifest } from './kubernetes-accounts.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { IMAGE, type Release } from './kubernetes-manifests.ts'
import { codes, verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = (await openLab(inject('kubeconfig'))).of('statefulset')
})
afterAll(() => lab.close())

const [v1, v2, v3] = [{ image: '3.7' }, { image: '3.8' }, { image: '3.9' }]

const uids = async (name: string) =>
  Object.fromEntries((await lab.pods(name)).map(({ metadata }) => [metadata.name, metadata.uid]))

/** The first release runs, and the rollout of the second one is held up by its first pod. */
async function held(name: string, bad: Release, spec: object = {}): Promise<void> {
  await lab.deploy(name, { ...v1, replicas: 3, spec })
  await lab.deploy(name, { ...bad, replicas: 3, spec }, 'observed')
  await until(
    () => lab.pods(name),
    (pods) => JSON.stringify(pods.filter(({ metadata }) => metadata.name === `${name}-2`)).includes('BackOff'),
    () => 'no pod fails',
  )
}

describe('a StatefulSet whose pods come one after another, held up by one that never becomes ready', () => {
  it.each(['crash-loop', 'image-pull-error'] as const)(
    '%s: exactly that pod is deleted, planned and shown, and the others stay',
    async (behaviour) => {
      const name = `held-${behaviour}`
      await held(name, { ...v2, behaviour })
      const before = await uids(name)
      const back = verbs(lab, name)
      const plan = await back.plan()
      expect(plan.changes).toContainEqual({
        path: `pod ${name}-2`,
        from: 'not ready, of another template',
        to: expect.stringContaining('deleted once the template is back'),
      })
      expect(plan.changes).toHaveLength(3)
      expect(await back.verify(await back.apply(plan))).toMatchObject({ status: 'pass' })
      const after = await uids(name)
      expect(after).toMatchObject({ [`${name}-0`]: before[`${name}-0`], [`${name}-1`]: before[`${name}-1`] })
      expect(after[`${name}-2`]).not.toBe(before[`${name}-2`])
    },
  )

  it('after somebody else has brought the template back, the plan has only the pod to delete', async () => {
    await held('undone', { ...v2, behaviour: 'crash-loop' })
    await lab.deploy('undone', { ...v1, replicas: 3 }, 'observed')
    const back = verbs(lab, 'undone', { to: '3.7' })
    const stopped = await back.verify((await back.plan()).to)
    expect(stopped.status).toBe('fail')
    expect(stopped.evidence.summary).toMatch(/pod undone-2 .* waits for it before it moves any other: retry/)
    const plan = await back.plan()
    expect(plan.changes.map(({ path }) => path)).toEqual(['pod undone-2'])
    expect(await back.verify(await back.apply(plan))).toMatchObject({ status: 'pass' })
  })

  it('one that becomes ready by itself is left to the controller', async () => {
    await lab.deploy('late', { ...v1, replicas: 2 })
    const slow = { ...v2, replicas: 2, behaviour: 'slow' as const, podAnnotations: { 'unwind.dev/ready-after': '5s' } }
    await lab.deploy('late', slow, 'observed')
    const back = verbs(lab, 'late')
    const plan = await back.plan()
    const said: string[] = []
    const answer = await until(
      async () => {
        const outcome = await back.applyOnce(plan)
        if ('doing' in outcome) said.push(outcome.doing)
        return outcome
      },
      (outcome) => 'state' in outcome,
      () => said.join('; '),
    )
    expect(said).toContain('pod late-1 is not ready; it may become so by itself')
    expect(said.join()).not.toContain('deleted pod')
    expect('state' in answer && (await back.verify(answer.state))).toMatchObject({ status: 'pass' })
  })

  it('a pod that was made anew under its name meanwhile is not deleted', async () => {
    await lab.deploy('anew', v1)
    const spot = spotOf({ workload: 'statefulset/anew', namespace: lab.namespace })
    const [pod] = await lab.pods('anew')
    if (!pod) throw new Error('no pod')
    const other = { ...pod, metadata: { ...pod.metadata, uid: '00000000-0000-0000-0000-000000000000' } }
    const signal = new AbortController().signal
    const before = await uids('anew')
    expect(await deletePod(lab.connection, other, spot, { signal })).toBe('gone')
    expect(await uids('anew')).toEqual(before)
    expect(await deletePod(lab.connection, pod, spot, { signal, dryRun: true })).toBe('deleted')
    expect(await uids('anew')).toEqual(before)
  })

  it('without the right to delete pods nothing is changed, and the right is named', async () => {
    await held('barred', { ...v2, behaviour: 'crash-loop' })
    const account = await manifest('operator.yaml', 'unwind-barred')
    const without = account.map((object) => ({
      ...object,
      ...(object.rules && {
        rules: object.rules.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== 'delete') })),
      }),
    }))
    await lab.apply(...without)
    const connection = await connectAs(lab, 'unwind-barred')
    const back = verbs(lab, 'barred')
    const error = await back.applyError(await back.plan({ connection }), { connection })
    expect(error.code).toBe('TARGET_FORBIDDEN')
    expect(error.message).toContain('may not delete pods in namespace')
    expect((await lab.workload('barred')).spec.template.spec?.containers?.[0]?.image).toBe(`${IMAGE}:3.8`)
  })

  it('Parallel needs none of this: the controller replaces the pod by itself', async () => {
    await held('burst', { ...v2, behaviour: 'crash-loop' }, { podManagementPolicy: 'Parallel' })
    const back = verbs(lab, 'burst')
    const plan = await back.plan()
    expect(plan.changes.some(({ path }) => path.startsWith('pod '))).toBe(false)
    expect(await back.verify(await back.apply(plan))).toMatchObject({ status: 'pass' })
  })
})

describe('a partition', () => {
  const partition = (number: number) => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: number } },
  })

  it('over a canary: going back to what all others run is a whole rollback', async () => {
    await lab.deploy('canary', { ...v1, spec: partition(0) })
    await lab.deploy('canary', { ...v2, spec: partition(1) }, 'observed')
    await until(
      () => verbs(lab, 'canary').history(),
      (history) => history.every(({ details }) => details['available'] === '1'),
      () => 'the canary is not there',
    )
    const back = verbs(lab, 'canary', { to: 'previous' })
    const plan = await back.plan()
    expect(codes(plan)).not.toContain('PARTITIONED')
    expect(plan.impact).toEqual(['1 of 2 replicas are replaced, the highest ordinal first, 1 at a time'])
    expect(await back.verify(await back.apply(plan))).toMatchObject({ status: 'pass' })
  })

  it('to anything else it is not: the plan says so, and so does the verification', async () => {
    for (const release of [v1, v2]) await lab.deploy('partial', { ...release, spec: partition(0) })
    await lab.patch('partial', { spec: partition(1) })
    const back = verbs(lab, 'partial', { to: '3.7' })
    const plan = await back.plan()
    expect(plan.warnings).toContainEqual(expect.objectContaining({ code: 'PARTITIONED', confirm: true }))
    const state = await back.apply(plan)
    const { status, evidence } = await back.verify(state)
    expect(status).toBe('inconclusive')
    expect(evidence.summary).toContain('partition 1 holds them back: partial-0; set the partition to 0, then retry')
    await lab.patch('partial', { spec: partition(0) })
    expect(await back.verify(state)).toMatchObject({ status: 'pass' })
  })
})

describe('a StatefulSet that is rolled back', () => {
  it('has not ended before the controller says so itself, whatever the counts are', async () => {
    for (const release of [v1, v2]) await lab.deploy('strict', { ...release, replicas: 3 })
    const back = verbs(lab, 'strict')
    const state = await back.apply(await back.plan())
    const looks: (string | undefined)[] = []
    await until(
      async () => {
        const answer = await back.verifyOnce(state)
        const { currentRevision, updateRevision } = (await lab.workload('strict')).status ?? {}
        if (currentRevision !== updateRevision) looks.push('status' in answer ? answer.status : 'again')
        return answer
      },
      (answer) => 'status' in answer,
      () => 'no end',
    )
    expect(looks.filter((look) => look !== 'again')).toEqual([])
  })

  it('keeps its number of pods, and names the autoscaler of its own kind alone', async () => {
    for (const release of [v1, v2]) await lab.deploy('scaled', release)
    const autoscaler = (name: string, kind: string) => ({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind, name: 'scaled' }, maxReplicas: 5 },
    })
    await lab.apply(autoscaler('other', 'Deployment'))
    const back = verbs(lab, 'scaled')
    expect(codes(await back.plan())).not.toContain('AUTOSCALED')
    await lab.apply(autoscaler('own', 'StatefulSet'))
    const plan = await back.plan()
    expect(plan.warnings).toContainEqual(
      expect.objectContaining({ code: 'AUTOSCALED', message: expect.stringContaining('HorizontalPodAutoscaler own ') }),
    )
    await lab.patch('scaled', { spec: { replicas: 3 } })
    expect(await back.verify(await back.apply(plan))).toMatchObject({ status: 'pass' })
    expect((await lab.workload('scaled')).spec.replicas).toBe(3)
  })

  it('fails with the words of the quota when a pod that is missing may not be made', async () => {
    const own = (await openLab(inject('kubeconfig'))).of('statefulset')
    const asking = (memory: string) => ({ container: { resources: { requests: { memory } } } })
    try {
      await own.deploy('large', { ...v1, ...asking('200Mi') })
      await own.deploy('large', { ...v2, ...asking('100Mi') })
      const spec = { hard: { 'requests.memory': '300Mi' } }
      await own.apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'memory' }, spec })
      const back = verbs(own, 'large')
      const plan = await until(
        () => back.plan(),
        (seen) => codes(seen).includes('QUOTA_TOO_SMALL'),
        () => 'the quota is not in force',
      )
      const { status, evidence } = await back.verify(await back.apply(plan))
      expect(status).toBe('fail')
      expect(evidence.summary).toMatch(/^a pod of statefulset\/large can't be made: .*exceeded quota: memory/)
    } finally {
      await own.close()
    }
  })

  it('goes past a previous release that does not serve to the one that does', async () => {
    await held('twice-bad', { ...v2, behaviour: 'crash-loop' })
    await lab.deploy('twice-bad', { ...v3, replicas: 3, behaviour: 'crash-loop' }, 'observed')
    const previous = await verbs(lab, 'twice-bad', { to: 'previous' }).plan()
    expect(codes(previous)).toContain('PREVIOUS_NOT_SERVING')
    const good = await verbs(lab, 'twice-bad').plan()
    expect(good.summary).toContain(`→ revision 1 (${IMAGE}:3.7)`)
    expect(good.changes.map(({ path }) => path)).toContain('pod twice-bad-2')
  })
})
