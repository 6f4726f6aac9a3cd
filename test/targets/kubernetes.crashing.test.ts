import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { crashing } from '../../activities/checks/crashing/index.ts'
import { CrashingMeasurement, crashingKind } from '../../activities/checks/crashing/schema.ts'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { Connection } from '../../model/configuration.ts'
import { until } from '../support/until.ts'
import { kubeconfigOf, tokenOf } from './kubernetes-accounts.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

/** One look, as a worker with this kubeconfig takes it. */
function look(name: string, bound: object, kubeconfig = lab.kubeconfig) {
  const { server, caSha256 } = pinOf(loadKubeConfig({ kubeconfig }, 'lab'), 'lab')
  const entry = Connection.parse({ kind: 'kubernetes', environment: 'test', server, caSha256 })
  const spec = CrashingMeasurement.parse({ crashing: `deployment/${name}`, namespace: lab.namespace, ...bound })
  return crashing.measure(spec, {
    ...{ service: 's', environment: 'test', signal: AbortSignal.timeout(30_000) },
    connection: { name: 'lab', entry, credentials: { kubeconfig } },
  })
}

it('counts the pods that crash, of all releases that run, and compares', async () => {
  await lab.deploy('shop', { image: '3.7', replicas: 3 })
  const healthy = await look('shop', { atMost: 0 })
  expect(healthy).toMatchObject({ status: 'pass', evidence: { facts: { crashing: 0, pods: 3 } } })
  expect((await look('shop', { atLeast: 1 })).status).toBe('fail')
  await lab.deploy('shop', { image: '3.8', replicas: 3, behaviour: 'crash-loop' }, 'observed')
  const seen = await until(
    () => look('shop', { atLeast: 2 }),
    ({ status }) => status === 'pass',
    (last) => `${last?.evidence.summary}`,
  )
  expect(seen.evidence.summary).toMatch(/^2 of \d pods of deployment\/shop crash: shop-\w+-\w+ \(CrashLoopBackOff\), /)
  expect((await look('shop', { atMost: 1 })).status).toBe('fail')
  expect((await look('shop', { atLeast: 4 })).status).toBe('fail')
})

it('proves nothing where there are no pods, and says what is missing where it may not look', async () => {
  await lab.deploy('empty', { image: '3.7', replicas: 0 })
  expect(await look('empty', { atMost: 0 })).toMatchObject({
    status: 'inconclusive',
    evidence: { summary: 'deployment/empty has no pods to look at' },
  })
  await expect(look('nowhere', { atLeast: 1 })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  const stranger = await kubeconfigOf(lab, { token: await tokenOf(lab, 'default') })
  await expect(look('empty', { atLeast: 1 }, stranger)).rejects.toMatchObject({ code: 'TARGET_FORBIDDEN' })
})

it('fires a trigger while too many crash, whichever way that is written, and never because none do', () => {
  const firing = (bound: object) => {
    const spec = CrashingMeasurement.parse({ crashing: 'deployment/shop', namespace: 'shop', ...bound })
    return crashingKind.trigger?.(spec)
  }
  expect([firing({ atLeast: 2 }), firing({ atMost: 1 })]).toEqual(['holds', 'fails'])
})
