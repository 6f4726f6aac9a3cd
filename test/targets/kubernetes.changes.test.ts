import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { kubernetes } from '../../activities/targets/kubernetes/index.ts'
import { kubeconfigOf } from './kubernetes-accounts.ts'
import { proxyTo } from './kubernetes-fixture.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { IMAGE } from './kubernetes-manifests.ts'
import { refuse } from './kubernetes-policies.ts'
import { codes, verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

const [v1, v2, v3] = [{ image: '3.7' }, { image: '3.8' }, { image: '3.9' }]

async function image(name: string): Promise<string | undefined> {
  return (await lab.workload(name)).spec.template.spec?.containers?.[0]?.image
}

/** A connection through a proxy that counts and holds writes. */
async function through(rewrite?: Parameters<typeof proxyTo>[1]) {
  const proxy = await proxyTo(lab, rewrite)
  const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
  const pin = pinOf(loadKubeConfig({ kubeconfig }, 'proxy'), 'proxy')
  return { proxy, connection: await kubernetes.connect({ kubeconfig, pin }, 'proxy') }
}

describe('what others do between the plan and the change', () => {
  it('thirty scalings go through, and the last of them stays', async () => {
    for (const release of [v1, v2]) await lab.deploy('scaled', release)
    const back = verbs(lab, 'scaled')
    const plan = await back.plan()
    for (let count = 1; count <= 30; count++) await lab.patch('scaled', { spec: { replicas: 1 + (count % 4) } })
    const state = await back.apply(plan)
    expect(await image('scaled')).toBe(`${IMAGE}:3.7`)
    expect((await lab.workload('scaled')).spec.replicas).toBe(3)
    expect((await back.verify(state)).status).toBe('pass')
  })

  it('a scaling that wins the race against the write is read again, and kept', async () => {
    for (const release of [v1, v2]) await lab.deploy('raced', release)
    const { proxy, connection } = await through()
    try {
      const back = verbs(lab, 'raced')
      const plan = await back.plan()
      const held = proxy.hold('request')
      const answer = back.applyOnce(plan, { connection })
      await held.reached
      await lab.patch('raced', { spec: { replicas: 3 } })
      expect(await held.release()).toBe(422)
      expect(await answer).toMatchObject({ again: expect.any(Number), doing: expect.stringContaining('meanwhile') })
      await back.apply(plan, { connection })
      expect(await image('raced')).toBe(`${IMAGE}:3.7`)
      expect((await lab.workload('raced')).spec.replicas).toBe(3)
    } finally {
      await proxy.stop()
    }
  })

  it('a new template that wins the race is PLAN_STALE, untouched, and kept', async () => {
    for (const release of [v1, v2]) await lab.deploy('overtaken', release)
    const { proxy, connection } = await through()
    try {
      const back = verbs(lab, 'overtaken')
      const plan = await back.plan()
      const held = proxy.hold('request')
      const answer = back.applyOnce(plan, { connection })
      await held.reached
      await lab.deploy('overtaken', v3, 'observed')
      await held.release()
      expect(await answer).toHaveProperty('again')
      const error = await back.applyError(plan, { connection })
      expect(error.code).toBe('PLAN_STALE')
      expect(error.facts).toMatchObject({ untouched: true })
      expect(await image('overtaken')).toBe(`${IMAGE}:3.9`)
    } finally {
      await proxy.stop()
    }
  })

  it('a new template after our change is PLAN_STALE, and says that we have been there', async () => {
    for (const release of [v1, v2]) await lab.deploy('after', release)
    const back = verbs(lab, 'after')
    const plan = await back.plan()
    await back.apply(plan, { rollbackId: 'r-1' })
    await lab.deploy('after', v3, 'observed')
    const error = await back.applyError(plan, { rollbackId: 'r-1' })
    expect(error.code).toBe('PLAN_STALE')
    expect(error.facts).toMatchObject({ untouched: false })
  })

  it('keeps the annotations that were added since the old release, and replaces no other', async () => {
    await lab.deploy('notes', { ...v1, annotations: { 'example.test/owner': 'old' } })
    await lab.deploy('notes', { ...v2, annotations: { 'example.test/owner': 'new', 'example.test/added': 'yes' } })
    const back = verbs(lab, 'notes')
    await back.apply(await back.plan(), { rollbackId: 'r-2', actor: 'ann', reason: 'it fails' })
    const { annotations } = (await lab.workload('notes')).metadata
    expect(annotations).toMatchObject({
      'example.test/owner': 'new',
      'example.test/added': 'yes',
      'unwind.dev/rollback-id': 'r-2',
      'kubernetes.io/change-cause': expect.stringMatching(/^rollback r-2 to notes-\w+ by ann: it fails$/),
    })
  })
})

describe('what is written', () => {
  it('restores every field of the template, exotic ones too, byte for byte', async () => {
    const pod = {
      hostnameOverride: 'fixed-name',
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { app: 'exotic' } },
          matchLabelKeys: ['pod-template-hash'],
        },
      ],
      volumes: [{ name: 'scratch', emptyDir: {} }],
      securityContext: { supplementalGroupsPolicy: 'Strict', seLinuxChangePolicy: 'Recursive' },
    }
    await lab.deploy('exotic', { ...v1, pod })
    const before = (await lab.workload('exotic')).spec.template
    await lab.deploy('exotic', v2)
    const back = verbs(lab, 'exotic')
    await back.apply(await back.plan())
    expect((await lab.workload('exotic')).spec.template).toEqual(before)
    expect(before.spec).toHaveProperty('hostnameOverride')
  })

  it('carries fields of a newer API server that the client library does not know', async () => {
    for (const release of [v1, v2]) await lab.deploy('newer', release)
    const patches: string[] = []
    const old = `"image":"${IMAGE}:3.7"`
    const { proxy, connection } = await through({
      answer: (body) => body.replaceAll(old, `"fromTheFuture":{"keep":"me"},${old}`),
      request: (method, body) => {
        if (method !== 'PATCH') return body
        patches.push(body)
        return body.replaceAll('"fromTheFuture":{"keep":"me"},', '')
      },
    })
    try {
      const back = verbs(lab, 'newer')
      const state = await back.apply(await back.plan({ connection }), { connection })
      expect(patches).toHaveLength(2)
      expect(patches.every((body) => body.includes('"fromTheFuture":{"keep":"me"}'))).toBe(true)
      expect((await back.verify(state, { connection })).status).toBe('pass')
    } finally {
      await proxy.stop()
    }
  })

  it('what admission refuses is TARGET_REJECTED before anything changed, and its message hides what the template hides', async () => {
    const secret = (value: string) => ({ env: [{ name: 'PASSWORD', value }] })
    await lab.deploy('refused', { ...v1, ...secret('hunter2-old') })
    await lab.deploy('refused', { ...v2, ...secret('hunter2-new') })
    const back = verbs(lab, 'refused')
    const plan = await back.plan()
    const path = `/apis/apps/v1/namespaces/${lab.namespace}/deployments/refused?dryRun=All`
    const lift = await refuse(lab, {
      group: 'apps',
      resources: ['deployments'],
      operations: ['UPDATE'],
      message:
        '"not with " + object.spec.template.spec.containers[0].env[0].value + oldObject.spec.template.spec.containers[0].env[0].value',
      probe: () => lab.ask('PATCH', path, { metadata: { labels: { a: 'b' } } }, 'application/merge-patch+json'),
    })
    onTestFinished(lift)
    const error = await back.applyError(plan)
    expect(error).toMatchObject({ code: 'TARGET_REJECTED', facts: { untouched: true } })
    expect(error.message).toContain('not with ……')
    expect(error.message).not.toContain('hunter2')
    expect(await image('refused')).toBe(`${IMAGE}:3.8`)
  })

  it('an answer that never comes leaves the outcome open; the next call finds it by reading', async () => {
    for (const release of [v1, v2]) await lab.deploy('cut', release)
    const { proxy, connection } = await through()
    try {
      const back = verbs(lab, 'cut')
      const plan = await back.plan()
      const held = proxy.hold('answer')
      const lost = back.applyError(plan, { connection })
      await held.reached
      await proxy.stop()
      expect((await lost).code).toBe('TARGET_UNREACHABLE')
      const { generation } = (await lab.workload('cut')).metadata
      expect(await back.applyOnce(plan)).toEqual({ state: plan.to })
      expect((await lab.workload('cut')).metadata.generation).toBe(generation)
    } finally {
      await proxy.stop()
    }
  })

  it('stops at once when the step is cancelled', async () => {
    for (const release of [v1, v2]) await lab.deploy('cancelled', release)
    const { proxy, connection } = await through()
    try {
      const back = verbs(lab, 'cancelled')
      const plan = await back.plan()
      const held = proxy.hold('request')
      const cancel = new AbortController()
      const answer = back.applyOnce(plan, { connection, signal: cancel.signal })
      const outcome = answer.then(
        () => 'answered',
        (error: unknown) => error,
      )
      await held.reached
      cancel.abort(new Error('cancelled by ann'))
      expect(await Promise.race([outcome, pause(2_000, 'still running')])).toMatchObject({
        message: 'cancelled by ann',
      })
      expect(await image('cancelled')).toBe(`${IMAGE}:3.8`)
    } finally {
      await proxy.stop()
    }
  })
})

describe('a paused Deployment', () => {
  it('is refused, with the offer to resume it', async () => {
    for (const release of [v1, v2]) await lab.deploy('paused', release)
    await lab.patch('paused', { spec: { paused: true } })
    const error = await verbs(lab, 'paused').planError()
    expect(error.code).toBe('TARGET_PAUSED')
    expect(error.message).toContain('resume: true')
    expect(error.facts).toEqual({ offer: { resume: true } })
  })

  it('is resumed in the same write when the step says so, and paused again by the reverse', async () => {
    for (const release of [v1, v2]) await lab.deploy('resumed', release)
    await lab.patch('resumed', { spec: { paused: true } })
    const { proxy, connection } = await through()
    try {
      const back = verbs(lab, 'resumed', { resume: true })
      const plan = await back.plan()
      expect(plan.changes).toContainEqual({ path: 'paused', from: 'true', to: 'false' })
      const state = await back.apply(plan, { connection })
      expect(proxy.writes()).toBe(1)
      expect((await lab.workload('resumed')).spec.paused ?? false).toBe(false)
      expect((await back.verify(state)).status).toBe('pass')
      expect(await back.apply({ from: state, to: plan.from })).toEqual(plan.from)
      expect((await lab.workload('resumed')).spec.paused).toBe(true)
      expect(await image('resumed')).toBe(`${IMAGE}:3.8`)
      expect((await back.verify(plan.from)).status).toBe('pass')
    } finally {
      await proxy.stop()
    }
  })

  it('with a template that was never rolled out can be left, but the plan says that there is no way back', async () => {
    for (const release of [v1, v2]) await lab.deploy('unborn', release)
    await lab.patch('unborn', { spec: { paused: true } })
    await lab.patch('unborn', { spec: { template: { metadata: { annotations: { never: 'rolled out' } } } } })
    const back = verbs(lab, 'unborn', { resume: true, to: 'previous' })
    const plan = await back.plan()
    expect(plan.from['replicaSet']).toBeNull()
    expect(plan.reversible).toMatchObject({ because: expect.stringContaining('never rolled out') })
    expect(plan.summary).toContain('→ revision 2')
    await back.apply(plan)
    expect(codes(plan)).not.toContain('ALREADY_THERE')
  })

  it('that somebody paused after the plan is PLAN_STALE', async () => {
    for (const release of [v1, v2]) await lab.deploy('paused-late', release)
    const back = verbs(lab, 'paused-late')
    const plan = await back.plan()
    await lab.patch('paused-late', { spec: { paused: true } })
    expect((await back.applyError(plan)).code).toBe('PLAN_STALE')
  })
})
