import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { until } from '../support/until.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import type { Release } from './kubernetes-manifests.ts'
import { codes, verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

async function twoReleases(name: string, common: Partial<Release> = {}): Promise<void> {
  for (const image of ['3.7', '3.8']) await lab.deploy(name, { image, ...common })
}

const helm = { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'shop' }

describe('what owns a Deployment is found and named, with what to do instead', () => {
  it.each<[string, Partial<Release>, RegExp]>([
    [
      'argo-tracking',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:x/y' } },
      /Argo CD application shop.*kind argocd/,
    ],
    ['argo-label', { labels: { 'argocd.argoproj.io/instance': 'shop' } }, /Argo CD application shop/],
    [
      'flux-kustomization',
      { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } },
      /Flux Kustomization shop.*suspend/,
    ],
    [
      'flux-helm',
      { labels: { 'helm.toolkit.fluxcd.io/name': 'shop', 'app.kubernetes.io/managed-by': 'Helm' }, annotations: helm },
      /Flux HelmRelease shop/,
    ],
    ['helm', { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: helm }, /Helm release shop.*kind helm/],
    ['config-sync', { annotations: { 'configmanagement.gke.io/managed': 'enabled' } }, /Config Sync/],
  ])('%s', async (name, marks, words) => {
    await twoReleases(name, marks)
    const error = await verbs(lab, name).planError()
    expect(error.code).toBe('TARGET_OWNED')
    expect(error.message).toMatch(words)
    const plan = await verbs(lab, name, { force: { reason: 'the pipeline is down' } }).plan()
    expect(plan.warnings).toContainEqual({ code: 'OWNED', message: expect.stringContaining('the pipeline is down') })
  })

  it('an operator, by its controller reference', async () => {
    await lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'boss' }, data: {} })
    const path = `/api/v1/namespaces/${lab.namespace}/configmaps/boss`
    const { metadata } = await lab.ask<{ metadata: { uid: string } }>('GET', path)
    await twoReleases('operated')
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'boss', uid: metadata.uid, controller: true }
    await lab.patch('operated', { metadata: { ownerReferences: [reference] } })
    const error = await verbs(lab, 'operated').planError()
    expect(error.code).toBe('TARGET_OWNED')
    expect(error.message).toContain('ConfigMap boss')
  })

  it('marks that say nothing of a reconciler are no owner', async () => {
    await twoReleases('free', {
      labels: { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'shop' },
    })
    expect(codes(await verbs(lab, 'free').plan())).not.toContain('OWNED')
  })
})

describe('owners that name the Deployment from outside', () => {
  const kinds = [
    { group: 'flagger.app', version: 'v1beta1', kind: 'Canary', plural: 'canaries' },
    { group: 'argoproj.io', version: 'v1alpha1', kind: 'Rollout', plural: 'rollouts' },
  ]
  beforeAll(async () => {
    await lab.apply(...kinds.map(definition))
    for (const { group, version, plural } of kinds)
      await until(
        () =>
          lab.ask('GET', `/apis/${group}/${version}/namespaces/${lab.namespace}/${plural}`).then(
            () => true,
            () => false,
          ),
        Boolean,
        () => `no ${plural}`,
        30_000,
      )
  })
  afterAll(async () => {
    for (const { group, plural } of kinds)
      await lab.ask('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`)
  })

  it.each([
    ['a Flagger canary', 'canaried', 'flagger.app/v1beta1', 'Canary', 'targetRef', /Flagger canary mine.*kind flagger/],
    [
      'an Argo Rollout',
      'rolled',
      'argoproj.io/v1alpha1',
      'Rollout',
      'workloadRef',
      /Argo Rollouts mine.*kind argo-rollouts/,
    ],
  ])('%s', async (_, name, apiVersion, kind, field, words) => {
    await twoReleases(name)
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name }
    await lab.apply({ apiVersion, kind, metadata: { name: 'mine' }, spec: { [field]: reference } })
    const error = await verbs(lab, name).planError()
    expect(error.code).toBe('TARGET_OWNED')
    expect(error.message).toMatch(words)
    await twoReleases(`${name}-not`)
    expect(codes(await verbs(lab, `${name}-not`).plan())).not.toContain('OWNED')
  })
})

function definition({
  group,
  version,
  kind,
  plural,
}: {
  group: string
  version: string
  kind: string
  plural: string
}) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  }
}
