import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { Connections } from '../../activities/connections.ts'
import { checks } from '../../activities/checks/registry.ts'
import { look } from '../../activities/checks/look.ts'
import { targets } from '../../activities/registry.ts'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import type { CheckCall } from '../../model/calls.ts'
import { Configuration } from '../../model/configuration.ts'
import { judge, NO_SAMPLES, type Sample, withSample } from '../../model/measure.ts'
import type { State } from '../../model/target.ts'
import { until } from '../support/until.ts'
import { kubeconfigOf } from './kubernetes-accounts.ts'
import { proxyTo } from './kubernetes-fixture.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

const [v1, v2] = [{ image: '3.7' }, { image: '3.8' }]
const CHECK: CheckCall['check'] = {
  ...{ every: 200, within: 60_000, consecutive: 3, warmUp: 0 },
  measurements: [{ kind: 'pods', title: 'pods of app', spec: { pods: 'healthy', of: 'app' }, of: 'app' }],
}

/** One look at a Deployment in this state, as a worker takes it: through the registries and a connection of its own. */
function looker(name: string, state: State, kubeconfig = lab.kubeconfig): () => Promise<Sample> {
  const { server, caSha256 } = pinOf(loadKubeConfig({ kubeconfig }, 'lab'), 'lab')
  const configuration = Configuration.parse({
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { test: {} },
    connections: { lab: { kind: 'kubernetes', environment: 'test', server, caSha256 } },
    worker: { credentials: { lab: { kubeconfig } } },
  })
  const instruments = { configuration, connections: new Connections(configuration), targets, checks }
  const measured = {
    kind: 'kubernetes',
    connection: 'lab',
    step: lab.step(name, { soak: '10m', cluster: 'lab' }),
    state,
  }
  const call: CheckCall = {
    ...{ stepId: 'check', step: {}, connection: 'lab', rollbackId: 'none', service: 's', environment: 'test' },
    ...{ actor: 'alice', reason: 'a test', check: CHECK, states: { app: measured }, since: Date.now(), limit: 60_000 },
  }
  return () => look(call, instruments, AbortSignal.timeout(30_000))
}

/** Deploys two releases, goes back to the first and answers the state that it is left in. */
async function back(name: string, release: object = v1): Promise<State> {
  await lab.deploy(name, { ...v1, ...release }, 'observed')
  await lab.deploy(name, v2)
  const verb = verbs(lab, name)
  return verb.apply(await verb.plan())
}

/** Looks until the status is this one. */
function shows(once: () => Promise<Sample>, status: Sample['status']): Promise<Sample> {
  return until(
    once,
    (sample) => sample.status === status,
    (sample) => JSON.stringify(sample?.evidence),
    30_000,
  )
}

describe('pods of a Deployment are measured at the state that its step left it in', () => {
  it('a series of looks passes once the rollout holds, without the soak of the step', async () => {
    const once = looker('well', await back('well'))
    const since = Date.now()
    let series = NO_SAMPLES
    const means = await until(
      async () => {
        series = withSample(series, await once(), CHECK, since)
        return judge(series, CHECK, { since, now: Date.now() })
      },
      (answer) => 'verdict' in answer,
      (answer) => JSON.stringify(answer),
      60_000,
    )
    expect(means).toMatchObject({ verdict: { status: 'pass', evidence: { facts: { inARow: 3 } } } })
  })

  it('a crash loop fails with its evidence', async () => {
    const crash = await until(
      looker('bad', await back('bad', { behaviour: 'crash-loop' })),
      ({ evidence }) => evidence.summary.includes('CrashLoopBackOff'),
      (seen) => seen?.evidence.summary ?? '',
      30_000,
    )
    expect(crash).toMatchObject({ status: 'fail', evidence: { facts: { status: 'fail', reason: 'CrashLoopBackOff' } } })
  })

  it('somebody’s new release fails, and zero replicas prove nothing', async () => {
    const once = looker('moved', await back('moved'))
    await shows(once, 'pass')
    await lab.patch('moved', { spec: { replicas: 0 } })
    await shows(once, 'inconclusive')
    await lab.deploy('moved', { image: '3.9' })
    const sample = await shows(once, 'fail')
    expect(sample.evidence.summary).toContain('another template')
  })

  it('an API server that does not answer is no measurement, and one that answers again is measured', async () => {
    const state = await back('away')
    const proxy = await proxyTo(lab)
    onTestFinished(() => proxy.stop())
    const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
    const once = looker('away', state, kubeconfig)
    await shows(once, 'pass')
    proxy.cut(true)
    const sample = await once()
    expect(sample).toMatchObject({ status: 'error', evidence: { summary: expect.stringContaining('not measured: ') } })
    proxy.cut(false)
    await shows(once, 'pass')
  })
})
