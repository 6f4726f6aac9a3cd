import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { CallContext, Plan } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { until } from '../support/until.ts'
import { connectAs, manifest } from './kubernetes-accounts.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { scaleStep, target } from './scale-fixture.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

function verbs(name: string, fields: object = {}, connection: unknown = lab.connection) {
  const step = scaleStep(lab, name, fields)
  const context = contextFor(connection)
  return {
    plan: (more: Partial<CallContext> = {}): Promise<Plan> => planOf(target, step, { ...context, ...more }),
    planError: () => errorOf(() => planOf(target, step, context)),
    apply: (plan: Pick<Plan, 'from' | 'to'>) => applied(target, step, plan, context),
    verify: (state: Plan['to']) => verified(target, step, state, context),
    verifyOnce: async (state: Plan['to']) => target.verify(target.schema.parse(step) as never, state, context),
    history: async () => target.history(target.schema.parse(step) as never, context),
  }
}

const pathOf = (api: string, plural: string, name: string) =>
  `/apis/${api}/namespaces/${lab.namespace}/${plural}/${name}`

it('an autoscaler rests at zero, and the number that it had chosen comes back, whatever was planned', async () => {
  await lab.deploy('elastic', { image: '3.9', replicas: 3 })
  await lab.apply(autoscaler('elastic', 2))
  const verb = verbs('elastic')
  const plan = await verb.plan()
  expect(plan.from).toMatchObject({ scale: 'autoscaled' })
  expect(plan.warnings.map(({ code }) => code)).toContain('AUTOSCALED')
  await lab.patch('elastic', { spec: { replicas: 5 } })
  const state = await verb.apply(plan)
  expect(state).toMatchObject({ scale: 0, before: 5 })
  expect((await verb.verify(state)).status).toBe('pass')
  const resting = await until(
    () => lab.ask<Hpa>('GET', pathOf('autoscaling/v2', 'horizontalpodautoscalers', 'elastic')),
    ({ status }) => status?.conditions?.some(({ reason }) => reason === 'ScalingDisabled') ?? false,
    (seen) => JSON.stringify(seen?.status),
    60_000,
  )
  expect(resting.status?.conditions?.length).toBeGreaterThan(0)
  expect((await lab.workload('elastic')).spec.replicas).toBe(0)
  expect((await verb.history()).map(({ title }) => title)).toEqual(['0 pods', '5 pods'])
  const back = verbs('elastic', { to: 'before', force: { reason: 'a test' } })
  const restored = await back.apply(await back.plan())
  expect((await lab.workload('elastic')).spec.replicas).toBe(5)
  expect((await lab.workload('elastic')).metadata.annotations ?? {}).not.toHaveProperty(['unwind.dev/scaled-from'])
  expect((await back.verify(restored)).status).toBe('pass')
})

it('an autoscaler that acts at zero owns the number of pods', async () => {
  await lab.deploy('kept', { image: '3.9' })
  await lab.apply({
    ...autoscaler('kept', 1),
    metadata: {
      name: 'kept',
      ownerReferences: [
        { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'kept-so', uid: crypto.randomUUID() },
      ],
    },
  })
  const error = await verbs('kept').planError()
  expect(error).toMatchObject({ code: 'TARGET_OWNED', message: expect.stringContaining('paused-replicas=0') })
})

it('a StatefulSet goes to zero with the least rights, and a pod that still ends is waited for', async () => {
  const labels = { app: 'ledger' }
  const template = {
    metadata: { labels },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.9' }] },
  }
  await lab.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'ledger' },
    spec: { replicas: 2, serviceName: 'ledger', selector: { matchLabels: labels }, template },
  })
  const pods = () =>
    lab.ask<{ items: { metadata: { name: string } }[] }>(
      'GET',
      `/api/v1/namespaces/${lab.namespace}/pods?labelSelector=app%3Dledger`,
    )
  await until(
    pods,
    ({ items }) => items.length === 2,
    () => 'no pods',
    60_000,
  )
  await lab.apply(...(await manifest('kubernetes-scale/operator.yaml', lab.named('unwind-scaler'))))
  const least = await connectAs(lab, lab.named('unwind-scaler'))
  const verb = verbs('ledger', { workload: 'statefulset/ledger' }, least)
  const plan = await verb.plan()
  expect(plan.warnings.map(({ code }) => code)).not.toContain('NOT_CHECKED')
  const finalizers = ['example.test/holds']
  await lab.ask(
    'PATCH',
    `/api/v1/namespaces/${lab.namespace}/pods/ledger-0`,
    { metadata: { finalizers } },
    'application/merge-patch+json',
  )
  const state = await verb.apply(plan)
  await until(
    pods,
    ({ items }) => items.length === 1,
    (seen) => JSON.stringify(seen?.items.length),
    60_000,
  )
  await until(
    () => verb.verifyOnce(state),
    (answer) => JSON.stringify(answer).includes('ledger-0'),
    (answer) => JSON.stringify(answer),
    60_000,
  )
  await lab.ask(
    'PATCH',
    `/api/v1/namespaces/${lab.namespace}/pods/ledger-0`,
    { metadata: { finalizers: null } },
    'application/merge-patch+json',
  )
  expect((await verb.verify(state)).status).toBe('pass')
  const back = await verb.apply({ from: state, to: plan.from })
  expect((await verb.verify(back)).status).toBe('pass')
})

it('a CronJob is suspended, a Job of it that runs is waited for, and one that was suspended before stays so', async () => {
  const job = {
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.9' }] } },
  }
  const cronJob = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'settle' },
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: job } },
  }
  await lab.apply(cronJob)
  const verb = verbs('settle', { workload: 'cronjob/settle' })
  const plan = await verb.plan()
  expect(plan.changes).toEqual([{ path: 'suspend', from: 'scheduled', to: 'suspended' }])
  const active = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'settle-1', namespace: lab.namespace }]
  const state = await verb.apply(plan)
  await lab.ask(
    'PATCH',
    `${pathOf('batch/v1', 'cronjobs', 'settle')}/status`,
    { status: { active } },
    'application/merge-patch+json',
  )
  const first = await verb.verifyOnce(state)
  expect('status' in first ? first.evidence.summary : first.doing).toMatch(/settle-1|no Job of it runs/)
  expect((await verb.verify(state)).status).toBe('pass')
  const again = verbs('settle', { workload: 'cronjob/settle' })
  expect((await again.plan()).changes).toEqual([])
  await verb.apply({ from: state, to: plan.from })
  expect(
    (await lab.ask<{ spec: { suspend?: boolean } }>('GET', pathOf('batch/v1', 'cronjobs', 'settle'))).spec.suspend,
  ).toBe(false)
})

function job(name: string, labels: object): object {
  const containers = [{ name: 'app', image: 'registry.k8s.io/pause:3.9' }]
  const spec = { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template: { metadata: { labels }, spec } } }
}

it('a Job that still runs is suspended, its pods are waited for, and it goes on afterwards', async () => {
  await lab.apply(job('import', { 'unwind.dev/simulate': 'never-ready' }))
  const active = () => lab.ask<{ status?: { active?: number } }>('GET', pathOf('batch/v1', 'jobs', 'import'))
  const runs = () =>
    until(
      active,
      ({ status }) => status?.active === 1,
      () => 'the Job does not run',
    )
  await runs()
  const verb = verbs('import', { workload: 'job/import' })
  const plan = await verb.plan()
  expect(plan.changes).toEqual([{ path: 'suspend', from: 'scheduled', to: 'suspended' }])
  const state = await verb.apply(plan)
  expect(await verb.verify(state)).toMatchObject({
    status: 'pass',
    evidence: { summary: 'no pod of job/import is left' },
  })
  await until(
    active,
    ({ status }) => !status?.active,
    () => 'the controller still counts a pod that is gone',
  )
  const back = verbs('import', { workload: 'job/import', to: 'before' })
  const restored = await back.apply(await back.plan())
  expect(await back.verify(restored)).toMatchObject({ status: 'pass' })
  await runs()
})

it('a Job that has ended is left alone, for it never runs again', async () => {
  await lab.apply(job('ended', {}))
  await until(
    () => verbs('ended', { workload: 'job/ended' }).plan(),
    ({ changes }) => changes.length === 0,
    () => 'the Job does not end',
  )
  const verb = verbs('ended', { workload: 'job/ended' })
  const plan = await verb.plan()
  expect(plan.summary).toContain('has ended, and never runs again')
  expect(await verb.verify(await verb.apply(plan))).toMatchObject({ status: 'pass' })
})

it('a later step of the same run is planned from what the earlier one will leave', async () => {
  await lab.deploy('both', { image: '3.9', replicas: 3 })
  const stop = await verbs('both').plan()
  const start = await verbs('both', { to: 'before' }).plan({ assumed: stop.to })
  expect(start).toMatchObject({ from: { scale: 0, before: 3 }, to: { scale: 3 }, object: stop.object })
})

interface Hpa {
  status?: { conditions?: { type: string; reason?: string }[] }
}

function autoscaler(name: string, minReplicas: number) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas, maxReplicas: 10 },
  }
}
