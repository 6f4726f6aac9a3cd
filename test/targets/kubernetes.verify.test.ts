import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { State } from '../../model/target.ts'
import { until } from '../support/until.ts'
import { freezePods } from './kubernetes-policies.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { codes, verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

interface Quota {
  status?: { used?: { pods?: string } }
}

const [v1, v2] = [{ image: '3.7' }, { image: '3.8' }]

describe('a rollback whose pods fail is seen at once, with evidence', () => {
  it('a crash loop', async () => {
    await lab.deploy('crashing', { ...v1, behaviour: 'crash-loop' }, 'observed')
    await lab.deploy('crashing', v2)
    const back = verbs(lab, 'crashing')
    const state = await back.apply(await back.plan())
    const { status, evidence } = await back.verify(state)
    expect(status).toBe('fail')
    expect(evidence.summary).toMatch(/^container app of pod crashing-\w+-\w+: CrashLoopBackOff, exit code 1$/)
    expect(evidence.facts).toMatchObject({ reason: 'CrashLoopBackOff', exitCode: 1, restarts: expect.any(Number) })
  })

  it('an image that no registry has, with the last warning', async () => {
    await lab.deploy('no-image', { ...v1, behaviour: 'image-pull-error' }, 'observed')
    await lab.deploy('no-image', v2)
    const back = verbs(lab, 'no-image')
    const state = await back.apply(await back.plan())
    const { status, evidence } = await back.verify(state)
    expect(status).toBe('fail')
    expect(evidence.summary).toContain('ImagePullBackOff')
    expect(evidence.facts).toMatchObject({ event: expect.stringContaining('ImagePull') })
  })

  it('a pod that fits on no node', async () => {
    await lab.deploy('nowhere', { ...v1, pod: { nodeSelector: { 'example.test/none': 'here' } } }, 'observed')
    await lab.deploy('nowhere', v2)
    const back = verbs(lab, 'nowhere')
    const state = await back.apply(await back.plan())
    const { status, evidence } = await back.verify(state)
    expect(status).toBe('fail')
    expect(evidence.summary).toContain('Unschedulable')
    expect(evidence.facts).toMatchObject({ event: expect.stringMatching(/nodes are available|node\(s\)/) })
  })

  it('failing pods of the release that was left do not count', async () => {
    await lab.deploy('leaving', { ...v1, behaviour: 'slow', podAnnotations: { 'unwind.dev/ready-after': '2s' } })
    await lab.deploy('leaving', { ...v2, behaviour: 'crash-loop' }, 'observed')
    await until(
      () => lab.pods('leaving'),
      (pods) => JSON.stringify(pods).includes('CrashLoopBackOff'),
      () => 'no pod crashes',
    )
    const back = verbs(lab, 'leaving')
    const state = await back.apply(await back.plan())
    expect((await back.verify(state)).status).toBe('pass')
  })

  it('a release that became ready and then crashes within the soak', async () => {
    const release = {
      ...v1,
      behaviour: 'ready-then-failing' as const,
      podAnnotations: { 'unwind.dev/fail-after': '3s' },
    }
    await lab.deploy('short-lived', release)
    await lab.deploy('short-lived', v2)
    const back = verbs(lab, 'short-lived', { soak: '30s' })
    const state = await back.apply(await back.plan())
    const { status, evidence } = await back.verify(state)
    expect(status).toBe('fail')
    expect(evidence.summary).toContain('CrashLoopBackOff')
  })
})

describe('a quota without room for one more pod', () => {
  it.each([
    ['fails at once where no old pod may end before (trap: maxUnavailable 0), and says what to do', 0, 'fail'],
    ['is waited out where old pods may end to make room', 1, 'pass'],
  ])('%s', async (_, maxUnavailable, outcome) => {
    const own = await openLab(inject('kubeconfig'))
    try {
      const spec = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable } } }
      for (const release of [v1, v2]) await own.deploy('full', { ...release, spec })
      await own.apply({
        ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'pods' }, spec: { hard: { pods: '2' } } },
      })
      await until(
        () => own.ask<Quota>('GET', `/api/v1/namespaces/${own.namespace}/resourcequotas/pods`),
        ({ status }) => status?.used?.pods === '2',
        () => 'the quota is not in force',
      )
      const back = verbs(own, 'full')
      const { status, evidence } = await back.verify(await back.apply(await back.plan()))
      expect(status).toBe(outcome)
      if (outcome === 'fail') expect(evidence.summary).toMatch(/no new pod .* exceeded quota: pods, .*raise the quota/)
    } finally {
      await own.close()
    }
  })
})

describe('the rollout deadline', () => {
  it('a deadline that the broken release missed does not fail the rollback from it', async () => {
    const spec = { progressDeadlineSeconds: 1 }
    await lab.deploy('stale', { ...v1, spec })
    await lab.deploy('stale', { ...v2, spec, behaviour: 'never-ready' }, 'observed')
    await until(
      () => lab.workload('stale'),
      isExpired,
      () => 'the deadline is not missed',
    )
    const back = verbs(lab, 'stale')
    const plan = await back.plan()
    const thaw = await freezePods(lab)
    const rollbackId = 'stale-1'
    let state: State
    try {
      state = await back.apply(plan, { rollbackId })
      const deployment = await until(
        () => lab.workload('stale'),
        ({ metadata, status }) => status?.observedGeneration === metadata.generation,
        () => 'not observed',
      )
      expect(isExpired(deployment), 'the old condition is gone, so this proves nothing').toBe(true)
      const since = Date.now() - 5_000
      expect(await back.verifyOnce(state, { rollbackId, since })).toHaveProperty('again')
    } finally {
      await thaw()
    }
    expect((await back.verify(state, { rollbackId })).status).toBe('pass')
  })

  it('a deadline that the old release misses itself fails the rollback', async () => {
    const spec = { progressDeadlineSeconds: 2 }
    await lab.deploy('late', { ...v1, spec, behaviour: 'never-ready' }, 'observed')
    await lab.deploy('late', { ...v2, spec })
    const back = verbs(lab, 'late')
    const plan = await back.plan()
    const rollbackId = 'late-1'
    const { status, evidence } = await back.verify(await back.apply(plan, { rollbackId }), { rollbackId })
    expect(status).toBe('fail')
    expect(evidence.summary).toContain('no progress in time')
  })
})

describe('nothing to measure is not success', () => {
  it('a Deployment with no replicas is inconclusive, and the plan warned of it', async () => {
    for (const release of [v1, v2]) await lab.deploy('empty', { ...release, replicas: 0 })
    const back = verbs(lab, 'empty')
    const plan = await back.plan()
    expect(plan.warnings).toContainEqual(expect.objectContaining({ code: 'ZERO_REPLICAS', confirm: true }))
    const { status, evidence } = await back.verify(await back.apply(plan))
    expect(status).toBe('inconclusive')
    expect(evidence.summary).toContain('0 replicas')
  })

  it('the same under an autoscaler that has scaled to none', async () => {
    for (const release of [v1, v2]) await lab.deploy('asleep', { ...release, replicas: 0 })
    await lab.apply({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'asleep' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'asleep' }, maxReplicas: 5 },
    })
    const back = verbs(lab, 'asleep')
    const plan = await back.plan()
    expect(codes(plan)).toEqual(expect.arrayContaining(['AUTOSCALED', 'ZERO_REPLICAS']))
    expect((await back.verify(await back.apply(plan))).status).toBe('inconclusive')
  })
})

describe('the soak', () => {
  it('is counted from when the pods became ready and the verification began, so a new worker goes on with it', async () => {
    for (const release of [v1, v2]) await lab.deploy('soaked', release)
    const back = verbs(lab, 'soaked', { soak: '2s' })
    const state = await back.apply(await back.plan())
    const since = Date.now()
    await until(
      () => back.verifyOnce(state, { since }),
      (answer) => 'again' in answer && answer.doing.includes('held for'),
      () => 'the rollout does not end',
    )
    const answer = await until(
      () => back.verifyOnce(state, { since }),
      (seen) => !('again' in seen),
      () => 'the soak does not end',
    )
    expect(answer).toMatchObject({ status: 'pass' })
    expect(Date.now() - since).toBeGreaterThanOrEqual(2_000)
    expect(await back.verifyOnce(state, { since: Date.now() })).toHaveProperty('again')
    expect(await back.verifyOnce(state, { since })).toMatchObject({ status: 'pass' })
  })

  it('begins anew when a pod stops being ready in between', async () => {
    for (const release of [v1, v2]) await lab.deploy('flapping', { ...release, replicas: 1 })
    const back = verbs(lab, 'flapping', { soak: '3s' })
    const state = await back.apply(await back.plan())
    const since = Date.now()
    const first = await back.verify(state)
    expect(first.status).toBe('pass')
    const [pod] = await lab.pods('flapping')
    await setReady(pod?.metadata.name ?? '', 'False')
    expect(await back.verifyOnce(state, { since })).toHaveProperty('again')
    await setReady(pod?.metadata.name ?? '', 'True')
    const answer = await until(
      () => back.verifyOnce(state, { since }),
      (seen) => !('again' in seen) || seen.doing.includes('held for'),
      () => 'the pod does not come back',
    )
    expect(answer).toHaveProperty('again')
    expect((await back.verify(state)).status).toBe('pass')
  })
})

describe('what somebody else did meanwhile', () => {
  it.each([
    ['another template', { spec: { template: { metadata: { annotations: { by: 'hand' } } } } }, /somebody changed it/],
    ['paused', { spec: { paused: true } }, /somebody paused/],
  ])('%s fails the verification', async (what, change, words) => {
    const name = what.replace(/\W+/g, '-')
    for (const release of [v1, v2]) await lab.deploy(name, release)
    const back = verbs(lab, name)
    const state = await back.apply(await back.plan())
    await lab.patch(name, change)
    const { status, evidence } = await back.verify(state)
    expect(status).toBe('fail')
    expect(evidence.summary).toMatch(words)
  })

  it('a Deployment that was deleted fails the verification', async () => {
    for (const release of [v1, v2]) await lab.deploy('deleted', release)
    const back = verbs(lab, 'deleted')
    const state = await back.apply(await back.plan())
    await lab.ask('DELETE', `/apis/apps/v1/namespaces/${lab.namespace}/deployments/deleted`)
    expect(await back.verify(state)).toMatchObject({ status: 'fail' })
    expect((await back.planError()).code).toBe('TARGET_NOT_FOUND')
  })
})

function isExpired({ status }: { status?: { conditions?: { reason?: string }[] } }): boolean {
  return (status?.conditions ?? []).some(({ reason }) => reason === 'ProgressDeadlineExceeded')
}

/** As the kubelet would say it. */
async function setReady(pod: string, status: 'True' | 'False'): Promise<void> {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '')
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status, lastTransitionTime }))
  await lab.ask(
    'PATCH',
    `/api/v1/namespaces/${lab.namespace}/pods/${pod}/status`,
    { status: { conditions } },
    'application/strategic-merge-patch+json',
  )
}
