import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { kinds } from '../../activities/schemas.ts'
import { until } from '../support/until.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { callKubectl } from './kubernetes-kubectl.ts'
import { IMAGE, type Release, workloadOf } from './kubernetes-manifests.ts'
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
      /Argo CD application shop.*kind argo-cd with application: shop/,
    ],
    ['argo-label', { labels: { 'argocd.argoproj.io/instance': 'shop' } }, /Argo CD application shop/],
    [
      'flux-kustomization',
      { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } },
      /Flux Kustomization shop.*flux suspend kustomization shop/,
    ],
    [
      'flux-helm',
      { labels: { 'helm.toolkit.fluxcd.io/name': 'shop', 'app.kubernetes.io/managed-by': 'Helm' }, annotations: helm },
      /Flux HelmRelease shop.*flux suspend helmrelease shop/,
    ],
    [
      'helm',
      { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: helm },
      /Helm release shop.*helm rollback shop <revision> -n shop/,
    ],
    [
      'olm',
      { labels: { 'olm.owner': 'shop.v2', 'olm.owner.kind': 'ClusterServiceVersion' } },
      /OLM ClusterServiceVersion shop\.v2/,
    ],
    ['add-on', { labels: { 'addonmanager.kubernetes.io/mode': 'Reconcile' } }, /add-on manager add-on/],
    ['config-sync', { annotations: { 'configmanagement.gke.io/managed': 'enabled' } }, /Config Sync/],
  ])('%s', async (name, marks, words) => {
    await twoReleases(name, marks)
    const error = await verbs(lab, name).planError()
    expect(error.code).toBe('TARGET_OWNED')
    expect(error.message).toMatch(words)
    for (const [, kind = ''] of error.message.matchAll(/\bkind ([a-z-]+)/g)) expect(Object.keys(kinds)).toContain(kind)
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
    [
      'a Flagger canary',
      'canaried',
      'flagger.app/v1beta1',
      'Canary',
      'targetRef',
      /Flagger canary mine.*suspend the canary/,
    ],
    [
      'an Argo Rollout',
      'rolled',
      'argoproj.io/v1alpha1',
      'Rollout',
      'workloadRef',
      /Argo Rollouts mine.*use a step of kind argo-rollouts \(rollout: mine\)/,
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

describe.each(['deployment', 'statefulset', 'daemonset'] as const)('an owner that heals itself, of a %s,', (kind) => {
  const tracking = { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:x/y' }

  it('would have put the rollback back: the plan is refused, kubectl is reverted, and a forced run says who it was', async () => {
    const own = lab.of(kind)
    const name = `healed-${kind}`
    for (const image of ['3.7', '3.8']) await own.deploy(name, { image, annotations: tracking })
    const image = async () => (await own.workload(name)).spec.template.spec?.containers?.[0]?.image
    expect((await verbs(own, name).planError()).code).toBe('TARGET_OWNED')
    const heals = healing(own, name, { image: '3.8', annotations: tracking })
    try {
      const undone = await callKubectl(own, 'rollout', 'undo', `${kind}/${name}`)
      expect(undone.ok).toBe(true)
      await heals.healed(1)
      expect(await image()).toBe(`${IMAGE}:3.8`)
      const back = verbs(own, name, { soak: '2s', force: { reason: 'Argo CD is said to be down' } })
      const plan = await back.plan()
      expect(codes(plan)).toContain('OWNED')
      const verdict = await back.verify(await back.apply(plan))
      expect(verdict.status).toBe('fail')
      expect(verdict.evidence.summary).toContain('somebody changed it')
      expect(JSON.stringify(verdict.evidence.facts)).toContain('argocd-controller')
      await heals.healed(2)
      expect(await image()).toBe(`${IMAGE}:3.8`)
    } finally {
      await heals.stop()
    }
  })
})

/** Applies what it wants by force whenever something else is there, as Argo CD with self-heal does. */
function healing(own: Lab, name: string, wanted: Release) {
  let [times, stopped] = [0, false]
  const object = workloadOf(own.kind, name, wanted)
  const path = `/apis/apps/v1/namespaces/${own.namespace}/${own.kind}s/${name}?fieldManager=argocd-controller&force=true`
  const image = async () => (await own.workload(name)).spec.template.spec?.containers?.[0]?.image
  const loop = (async () => {
    while (!stopped) {
      if ((await image()) !== `${IMAGE}:${wanted.image}`) {
        // A moment for whoever looks at what it is about to undo.
        await pause(500)
        await own.ask('PATCH', path, object, 'application/apply-patch+yaml')
        times++
      }
      await pause(50)
    }
  })()
  return {
    healed: (count: number) =>
      until(
        async () => times,
        (seen) => seen >= count,
        (seen) => `healed ${seen} times`,
      ),
    stop: async () => {
      stopped = true
      await loop
    },
  }
}

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
