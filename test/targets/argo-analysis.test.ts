import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { argoAnalysis } from '../../activities/checks/argo-analysis/index.ts'
import { ArgoAnalysisMeasurement, argoAnalysisKind } from '../../activities/checks/argo-analysis/schema.ts'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { Connection } from '../../model/configuration.ts'
import { rolloutsDefinitions } from '../../tools/rollouts/server.ts'
import { until } from '../support/until.ts'
import { kubeconfigOf, manifest, tokenOf } from './kubernetes-accounts.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

// Argo's own definitions on a real API server; what its controller would write into the status is written here.
let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
  for (const text of await rolloutsDefinitions(['analysis-run', 'rollout'])) {
    const definition = parse(text) as { metadata: { name: string } }
    await lab.apply(definition)
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`
    await until(
      () => lab.ask<{ status?: { conditions?: { type: string; status: string }[] } }>('GET', path),
      ({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ?? false,
      () => `${definition.metadata.name} is not established`,
    )
  }
})
afterAll(() => lab.close())

/** One look, as a worker with this kubeconfig takes it. */
function look(which: string, fields: object = {}, kubeconfig = lab.kubeconfig) {
  const { server, caSha256 } = pinOf(loadKubeConfig({ kubeconfig }, 'lab'), 'lab')
  const entry = Connection.parse({ kind: 'kubernetes', environment: 'test', server, caSha256 })
  const spec = ArgoAnalysisMeasurement.parse({ 'argo-analysis': which, namespace: lab.namespace, ...fields })
  return argoAnalysis.measure(spec, {
    ...{ service: 's', environment: 'test', signal: AbortSignal.timeout(30_000) },
    connection: { name: 'lab', entry, credentials: { kubeconfig } },
  })
}

const API = { apiVersion: 'argoproj.io/v1alpha1' }
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString().replace(/\.\d+Z$/, 'Z')
const measured = (phase: string, value: string, minutes = 1) => ({
  ...{ phase, value, startedAt: ago(minutes), finishedAt: ago(minutes) },
})
const GOOD = {
  ...{ name: 'success-rate', phase: 'Successful', count: 2, successful: 2 },
  measurements: [measured('Successful', '[0.99]'), measured('Successful', '[0.98]')],
}

/** An AnalysisRun in this state; `owner` is the Rollout that has started it. */
async function analysis(name: string, status: object | undefined, more: { owner?: object; terminate?: boolean } = {}) {
  const { owner, terminate } = more
  const metrics = [{ name: 'success-rate', provider: { job: { spec: { template: { spec: { containers: [] } } } } } }]
  await lab.apply({
    ...API,
    kind: 'AnalysisRun',
    metadata: { name, ...(owner && { ownerReferences: [owner] }) },
    spec: { metrics, ...(terminate && { terminate }) },
    ...(status && { status }),
  })
}

it.each([
  [{ phase: 'Successful', metricResults: [GOOD] }, 'pass', 'Successful, 2 measurements of success-rate'],
  [undefined, 'inconclusive', 'is still Pending'],
  [{ phase: 'Running', metricResults: [GOOD] }, 'inconclusive', 'is still Running'],
  [
    { phase: 'Failed', metricResults: [{ ...GOOD, phase: 'Failed', count: 3, failed: 2 }] },
    'fail',
    'Failed: success-rate, 2 of 3 measurements failed',
  ],
  [
    { phase: 'Failed', message: 'Metric "success-rate"\nassessed Failed' },
    'fail',
    'Failed: Metric "success-rate" assessed Failed',
  ],
  [{ phase: 'Error', message: 'no such host' }, 'inconclusive', 'Error: no such host'],
  [{ phase: 'Inconclusive' }, 'inconclusive', 'Inconclusive'],
  [{ phase: 'Successful' }, 'inconclusive', 'Successful, but it does not say when'],
  [
    { phase: 'Successful', completedAt: ago(1) },
    'inconclusive',
    'Successful, but it ended before anything was measured',
  ],
  [
    { phase: 'Successful', completedAt: ago(1), metricResults: [{ ...GOOD, dryRun: true }] },
    'inconclusive',
    'Successful, but it ended before anything was measured',
  ],
  [
    { phase: 'Successful', completedAt: ago(120), metricResults: [GOOD] },
    'pass',
    'Successful, 2 measurements of success-rate',
  ],
  [
    { phase: 'Successful', metricResults: [{ ...GOOD, measurements: [measured('Successful', '[0.99]', 120)] }] },
    'inconclusive',
    'Successful, but 2 h ago: start another one',
  ],
])('%j is %s: %s', async (status, verdict, words) => {
  const name = `one-${Math.random().toString(36).slice(2, 10)}`
  await analysis(name, status)
  expect(await look(`analysisrun/${name}`)).toMatchObject({
    status: verdict,
    evidence: { summary: `analysis ${name}: ${words}` },
  })
})

it('that was stopped before it had measured is no success, and what it measured is the evidence', async () => {
  const empty = { name: 'latency', phase: 'Successful' }
  await analysis('stopped', { phase: 'Successful', metricResults: [GOOD, empty] }, { terminate: true })
  const verdict = await look('analysisrun/stopped')
  const summary = 'analysis stopped: Successful, but it was stopped before latency was measured'
  expect(verdict).toMatchObject({ status: 'inconclusive', evidence: { summary } })
  expect(verdict.evidence.facts).toMatchObject({
    ...{ analysisRun: 'stopped', phase: 'Successful' },
    metrics: [
      { name: 'success-rate', successful: 2, values: ['[0.99] Successful', '[0.98] Successful'] },
      { name: 'latency', values: [] },
    ],
  })
})

it('the newest analysis of a Rollout counts, and no other’s', async () => {
  const selector = { matchLabels: { app: 'shop' } }
  await lab.apply({ ...API, kind: 'Rollout', metadata: { name: 'shop' }, spec: { replicas: 0, selector } })
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${lab.namespace}/rollouts/shop`
  const { metadata } = await lab.ask<{ metadata: { uid: string } }>('GET', path)
  const owner = { ...API, kind: 'Rollout', name: 'shop', uid: metadata.uid, controller: true }
  expect(await look('rollout/shop')).toMatchObject({
    status: 'inconclusive',
    evidence: { summary: 'rollout/shop has started no analysis' },
  })
  await analysis('shop-1', { phase: 'Failed', metricResults: [] }, { owner })
  // Names of the second are told apart by the time of creation, which counts whole seconds.
  const born = Date.now()
  await until(
    async () => Date.now() - born,
    (passed) => passed > 1_100,
    () => 'time stands still',
  )
  await analysis('shop-2', { phase: 'Successful', metricResults: [GOOD] }, { owner })
  await analysis('other', { phase: 'Failed', metricResults: [] })
  expect(await look('rollout/shop')).toMatchObject({ status: 'pass', evidence: { facts: { analysisRun: 'shop-2' } } })
})

it('needs the rights of docs/rbac/argo-analysis.yaml and no more, and says so where they are missing', async () => {
  await analysis('mine', { phase: 'Successful', metricResults: [GOOD] })
  await lab.apply(...(await manifest('operator.yaml')))
  const account = await kubeconfigOf(lab, { token: await tokenOf(lab, 'unwind-operator') })
  const missing = look('analysisrun/mine', {}, account)
  await expect(missing).rejects.toMatchObject({ code: 'TARGET_FORBIDDEN', message: /docs\/rbac\/argo-analysis\.yaml/ })
  await lab.apply(...(await manifest('argo-analysis.yaml')))
  await until(
    () =>
      look('analysisrun/mine', {}, account).then(
        ({ status }) => status,
        () => 'refused',
      ),
    (status) => status === 'pass',
    (status) => `it is ${status}`,
  )
  expect((await look('rollout/none', {}, account)).status).toBe('inconclusive')
  await expect(look('analysisrun/none')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
})

it('names that are none are refused, and the title says which analysis is meant', () => {
  const read = (which: string) => ArgoAnalysisMeasurement.safeParse({ 'argo-analysis': which, namespace: 'shop' })
  for (const which of ['shop', 'deployment/shop', 'rollout/../x', 'analysisrun/'])
    expect(read(which).success).toBe(false)
  const spec = ArgoAnalysisMeasurement.parse({ 'argo-analysis': 'rollout/shop', namespace: 'shop' })
  expect(argoAnalysisKind.title(spec)).toBe('the analysis of rollout/shop is successful')
})
