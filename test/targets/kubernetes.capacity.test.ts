import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { quantity } from '../../activities/kubernetes/quantity.ts'
import { until } from '../support/until.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

const tight = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }
const asking = (memory: string) => ({ container: { resources: { requests: { memory }, limits: { memory } } } })

/** In a namespace of its own, for a quota is all pods'. */
async function warned(hard: Record<string, string>, first: object, second: object): Promise<string[]> {
  const own = await openLab(inject('kubeconfig'))
  try {
    await own.deploy('full', { image: '3.7', ...first })
    await own.deploy('full', { image: '3.8', ...second })
    await own.apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'all' }, spec: { hard } })
    await until(
      () => own.ask<{ status?: { used?: object } }>('GET', `/api/v1/namespaces/${own.namespace}/resourcequotas/all`),
      ({ status }) => Object.keys(status?.used ?? {}).length > 0,
      () => 'the quota counts nothing',
    )
    const { warnings } = await verbs(own, 'full').plan()
    return warnings.filter(({ code }) => code.startsWith('QUOTA')).map(({ code, message }) => `${code} ${message}`)
  } finally {
    await own.close()
  }
}

describe('a quota is held against the plan', () => {
  it('no room for one more pod, and no old one may end before: it will stand still', async () => {
    expect(await warned({ pods: '2' }, { spec: tight }, { spec: tight })).toEqual([
      expect.stringMatching(/^QUOTA_DEADLOCK ResourceQuota all has no room for the pods of one more pod/),
    ])
  })

  it('where an old pod may end first it goes through, and nothing is said', async () => {
    expect(await warned({ pods: '2' }, {}, {})).toEqual([])
  })

  it('an older release that asks for more than there is left', async () => {
    expect(await warned({ 'requests.memory': '300Mi' }, asking('200Mi'), asking('100Mi'))).toEqual([
      expect.stringMatching(/^QUOTA_TOO_SMALL ResourceQuota all .* requests\.memory that all 2 pods/),
    ])
  })
})

it('a disruption budget that the rollout will not keep is named, and one that allows nothing now', async () => {
  await lab.deploy('wanted', { image: '3.7' })
  await lab.deploy('wanted', { image: '3.8' })
  const budget = (name: string, app: string) => ({
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name } },
    spec: { minAvailable: 2, selector: { matchLabels: { app } } },
  })
  await lab.apply(budget('wanted', 'wanted'), budget('other', 'other'))
  const plan = await until(
    () => verbs(lab, 'wanted').plan(),
    ({ warnings }) => warnings.some(({ code }) => code === 'BUDGET_NOT_KEPT'),
    (seen) => JSON.stringify(seen?.warnings),
  )
  const budgets = plan.warnings.filter(({ code }) => code === 'BUDGET_NOT_KEPT')
  expect(budgets.map(({ message }) => message)).toEqual([
    expect.stringContaining(
      'PodDisruptionBudget wanted wants 2 healthy pods, but the rollout of deployment/wanted keeps 1',
    ),
  ])
  expect(plan.impact?.join()).toContain('PodDisruptionBudget wanted allows no eviction now')
})

it('an autoscaler at its most is said to be so', async () => {
  for (const image of ['3.7', '3.8']) await lab.deploy('peak', { image, replicas: 3 })
  await lab.apply({
    ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'peak' } },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'peak' }, maxReplicas: 3 },
  })
  const { warnings } = await verbs(lab, 'peak').plan()
  expect(warnings).toContainEqual({
    code: 'AUTOSCALED',
    message: expect.stringContaining('sets the number of pods (1 to 3) and is at its most'),
  })
})

it('quantities are read as Kubernetes writes them', () => {
  expect(['500m', '1', '1Gi', '1e3', '2k'].map(quantity)).toEqual([0.5, 1, 2 ** 30, 1_000, 2_000])
  expect(['', 'much', '1Q'].map(quantity)).toEqual([Number.NaN, Number.NaN, Number.NaN])
})
