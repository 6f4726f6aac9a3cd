import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { flux } from '../../activities/checks/flux/index.ts'
import { FluxMeasurement } from '../../activities/checks/flux/schema.ts'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { Connection } from '../../model/configuration.ts'
import { fluxDefinition } from '../../tools/descriptions.ts'
import { type GitLab, openGit, type Place, target } from '../git/fixture.ts'
import { applied, contextFor, planOf, verified } from '../support/conformance-drive.ts'
import { until } from '../support/until.ts'
import { kubeconfigOf, manifest, tokenOf } from './kubernetes-accounts.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

// Flux's own definition on a real API server, and a real git; what its controller would write into the status is written here.
let lab: Lab
let git: GitLab
let place: Place
/** What a step of kind git-revert looks at, at the state that it left. */
let verify: () => Promise<Awaited<ReturnType<typeof verified>>>
let before = ''
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
  const definition = parse(await readFile(await fluxDefinition(), 'utf8')) as { metadata: { name: string } }
  await lab.apply(definition)
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`
  await until(
    () => lab.ask<{ status?: { conditions?: { type: string; status: string }[] } }>('GET', path),
    ({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ?? false,
    () => 'the definition is not established',
  )
  git = await openGit()
  place = await git.place()
  place.commit({ 'apps/checkout/values.yaml': 'a: 1\n' })
  before = place.commit({ 'apps/checkout/values.yaml': 'a: 2\n' })
  const [step, context] = [place.step(), contextFor(place.connection)]
  const state = await applied(target, step, await planOf(target, step, context), context)
  verify = () => verified(target, step, state, context)
})
afterAll(async () => {
  await lab.close()
  await git.close()
})

const API = 'kustomize.toolkit.fluxcd.io/v1'
const READY = [
  {
    type: 'Ready',
    status: 'True',
    reason: 'ReconciliationSucceeded',
    message: 'Applied',
    lastTransitionTime: '2026-01-02T03:04:05Z',
  },
]
const FAILING = [
  { ...READY[0], status: 'False', reason: 'HealthCheckFailed', message: 'deployment/checkout is not\nready' },
]

/** A Kustomization at this revision, as the controller of Flux would leave it. */
async function runs(revision: string | undefined, { conditions = READY, suspend = false, behind = 0 } = {}) {
  const metadata = { name: 'checkout' }
  const spec = {
    interval: '1m',
    prune: true,
    path: './apps',
    suspend,
    sourceRef: { kind: 'GitRepository', name: 'deployments' },
  }
  await lab.apply({ apiVersion: API, kind: 'Kustomization', metadata, spec })
  const path = `/apis/${API}/namespaces/${lab.namespace}/kustomizations/checkout`
  const { metadata: now } = await lab.ask<{ metadata: { generation: number } }>('GET', path)
  const status = { observedGeneration: now.generation - behind, lastAppliedRevision: revision ?? null, conditions }
  await lab.ask('PATCH', `${path}/status`, { status }, 'application/merge-patch+json')
}

/** One look, as a worker with this kubeconfig takes it. */
function look(kubeconfig = lab.kubeconfig) {
  const { server, caSha256 } = pinOf(loadKubeConfig({ kubeconfig }, 'lab'), 'lab')
  const entry = Connection.parse({ kind: 'kubernetes', environment: 'test', server, caSha256 })
  const spec = FluxMeasurement.parse({ flux: 'kustomization/checkout', namespace: lab.namespace, of: 'manifests' })
  return flux.measure(spec, {
    ...{ service: 's', environment: 'test', signal: AbortSignal.timeout(30_000), verify },
    connection: { name: 'lab', entry, credentials: { kubeconfig } },
  })
}

it('passes for the commit of the step and for later ones that have it, and for no other', async () => {
  const ours = place.git('rev-parse', 'main')
  await runs(`main@sha1:${ours}`)
  expect(await look()).toMatchObject({
    status: 'pass',
    evidence: { summary: `kustomization/checkout runs main@sha1:${ours}` },
  })
  await runs(`main@sha1:${before}`)
  expect((await look()).evidence.summary).toContain('does not have the change yet')
  const later = place.commit({ 'apps/search/values.yaml': 'c: 1\n' })
  for (const revision of [`main@sha1:${later}`, `main@sha1:${ours}`, `main/${later}`]) {
    await runs(revision)
    expect((await look()).status).toBe('pass')
  }
  // A branch that is beside the change, merged later, does not have it.
  const side = place.commit({ 'apps/search/values.yaml': 'c: 2\n' }, { parents: [before], branch: 'side' })
  place.commit({ 'apps/search/values.yaml': 'c: 2\n' }, { parents: [later, side] })
  await runs(`main@sha1:${side}`)
  expect((await look()).status).toBe('fail')
  await runs(undefined)
  expect((await look()).evidence.summary).toContain('runs nothing')
})

it('fails while Flux is suspended, not ready with it, or has not seen its newest spec', async () => {
  const revision = `main@sha1:${place.git('rev-parse', 'main')}`
  await runs(revision, { suspend: true })
  expect((await look()).evidence.summary).toContain('suspended')
  await runs(revision, { conditions: FAILING as typeof READY })
  expect((await look()).evidence.summary).toContain('not ready with it (deployment/checkout is not ready)')
  await runs(revision, { behind: 1 })
  expect((await look()).status).toBe('fail')
})

it('needs the rights of docs/rbac/flux.yaml and no more, and says so where they are missing', async () => {
  await runs(`main@sha1:${place.git('rev-parse', 'main')}`)
  await lab.apply(...(await manifest('operator.yaml')))
  const account = await kubeconfigOf(lab, { token: await tokenOf(lab, 'unwind-operator') })
  await expect(look(account)).rejects.toMatchObject({ code: 'TARGET_FORBIDDEN', message: /docs\/rbac\/flux\.yaml/ })
  // The account of the test lies in the namespace of the test.
  await lab.apply(
    ...(JSON.parse(JSON.stringify(await manifest('flux.yaml')).replaceAll('"shop"', `"${lab.namespace}"`)) as object[]),
  )
  await until(
    () =>
      look(account).then(
        ({ status }) => status,
        () => 'refused',
      ),
    (status) => status === 'pass',
    (status) => `it is ${status}`,
  )
})

it('fails where the branch no longer holds what the step left, whatever Flux runs', async () => {
  await runs(`main@sha1:${place.commit({ 'apps/checkout/values.yaml': 'a: 9\n' })}`)
  expect(await look()).toMatchObject({
    status: 'fail',
    evidence: { summary: expect.stringContaining('does not hold') },
  })
})
