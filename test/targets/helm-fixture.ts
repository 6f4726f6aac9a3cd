import type https from 'node:https'
import { fileURLToPath } from 'node:url'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { helm } from '../../activities/targets/helm/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { type HoldingProxy, startProxy } from '../support/conformance-proxy.ts'
import { until } from '../support/until.ts'
import { type Chart, configMap, type HelmLab } from './helm-lab.ts'
import { kubeconfigOf, manifest, tokenOf } from './kubernetes-accounts.ts'
import { closedPort } from './kubernetes-fixture.ts'
import { deploymentOf, type Release } from './kubernetes-manifests.ts'

export const target = helm as unknown as Target

/**
 * Releases of a real cluster, in each situation that the conformance suite asks for. `how` are arguments of the deploys that
 * make them, such as the way in which Helm 4 applies.
 */
export function helmFixture(helmLab: HelmLab, how: readonly string[] = []): Fixture {
  const { lab, binary, connection } = helmLab
  let count = 0
  const arrange = async (first: Chart, second: Chart, name: string): Promise<Subject> => {
    await helmLab.deploy(name, first, how)
    await helmLab.deploy(name, second, how)
    return subject(helmLab, name, how)
  }
  const next = () => `release-${++count}`
  const two = (name: string, more: Partial<Release> = {}) =>
    arrange(shop(name, '1.8.0', '3.9', more), shop(name, '1.9.0', '3.10', more), name)
  return {
    target,
    connection,
    arrange: () => two(next()),
    empty: async () => {
      const name = next()
      await helmLab.deploy(name, shop(name, '1.8.0', '3.9'), how)
      return { step: helmLab.step(name) }
    },
    owned: () => reconciled(helmLab, next(), two),
    forbidden: () => reader(helmLab),
    unreachable: async () => {
      const server = `http://127.0.0.1:${await closedPort()}`
      const kubeconfig = await kubeconfigOf(lab, {}, { server })
      return helm.connect({ kubeconfig, helm: binary, pin: { server } }, 'unreachable')
    },
    secret: async () => {
      const canaries = ['canary-in-env-7Qx', 'canary-in-a-secret-4', 'canary-in-annotation-9', 'canary-in-a-map-2']
      const name = next()
      const found = await arrange(
        secretive(name, '1.8.0', '3.9', canaries),
        secretive(name, '1.9.0', '3.10', canaries),
        name,
      )
      return { subject: found, canaries }
    },
    // Neither a merge patch nor a forced apply of helm carries a condition; both say what shall be so.
    unconditional: true,
    proxied: async () => {
      const proxy = await helmProxy(helmLab, (method, path) => method === 'PATCH' && path.includes('/deployments/'))
      const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
      const module = fileURLToPath(new URL('../../activities/targets/helm/index.ts', import.meta.url))
      const credentials = { kubeconfig, helm: binary, pin: { server: proxy.url } }
      return { proxy, credentials, module, exported: 'helm' }
    },
  }
}

type Arrange = (name: string, more?: Partial<Release>) => Promise<Subject>

/** A release with the labels of Flux, and the HelmRelease that they name. */
async function reconciled(helmLab: HelmLab, name: string, arrange: Arrange) {
  const { lab } = helmLab
  await flux(helmLab)
  const prefix = 'helm.toolkit.fluxcd.io'
  const { step } = await arrange(name, { labels: { [`${prefix}/name`]: name, [`${prefix}/namespace`]: lab.namespace } })
  await lab.apply({ ...FLUX, metadata: { name }, spec: { releaseName: name } })
  return { step, forced: { force: { reason: 'Flux is down' } } }
}

/** An account with the rights of the manifest that change nothing. */
async function reader({ lab, binary }: HelmLab) {
  const account = lab.named('unwind-reader')
  const objects = await manifest('helm/operator.yaml', account)
  const reading = objects.map((object) => {
    const verbs = (all: string[]) => all.filter((verb) => verb === 'get' || verb === 'list')
    const rules = object.rules?.map((rule) => ({ ...rule, verbs: verbs(rule.verbs) }))
    return { ...object, ...(rules && { rules }) }
  })
  await lab.apply(...reading)
  const right = new RegExp(`patch secrets .*in namespace ${lab.namespace}; .*rbac/helm`)
  const kubeconfig = await kubeconfigOf(lab, { token: await tokenOf(lab, account) })
  const pin = pinOf(loadKubeConfig({ kubeconfig }, account), account)
  return { connection: await helm.connect({ kubeconfig, helm: binary, pin }, account), right }
}

/** A proxy before the lab's API server, with all rights, that holds the writes that are told to it. */
export async function helmProxy(
  { lab }: HelmLab,
  isWrite: (method: string, path: string, body: string) => boolean,
): Promise<HoldingProxy> {
  const config = loadKubeConfig({ kubeconfig: lab.kubeconfig, context: lab.context }, 'lab')
  const options: https.RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  return startProxy({ url: new URL(config.getCurrentCluster()?.server ?? ''), options, isWrite })
}

/** A release of the shop: a Deployment, a ConfigMap that changes with it, and one that only this version has. */
export function shop(name: string, version: string, image: string, more: Partial<Release> = {}): Chart {
  const labels = more.labels ? { labels: more.labels } : {}
  const only = `${name}-${version.replaceAll('.', '-')}`
  return {
    version,
    objects: [
      deploymentOf(name, { image, ...more }),
      configMap(name, { version }, labels),
      configMap(only, { only: version }, labels),
    ],
  }
}

function secretive(name: string, version: string, image: string, canaries: string[]): Chart {
  const [env, secret, annotation, map] = canaries
  const annotations = { 'example.test/a': `${annotation}-${version}` }
  const { objects } = shop(name, version, image, { annotations, env: [{ name: 'P', value: `${env}-${version}` }] })
  const metadata = { name }
  return {
    version,
    objects: [
      ...objects,
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        stringData: { password: `${secret}`, other: `${secret}-${version}` },
      },
      configMap(`${name}-config`, { 'app.conf': `token = ${map}\nversion = ${map}-${version}\n` }),
    ],
  }
}

function subject(helmLab: HelmLab, name: string, how: readonly string[]): Subject {
  const { lab } = helmLab
  return {
    step: helmLab.step(name),
    read: () => written(helmLab, name),
    version: async () => {
      const { entries } = await helmLab.release(name)
      const { generation } = (await lab.workload(name)).metadata
      return JSON.stringify([entries.map(({ revision, resourceVersion }) => [revision, resourceVersion]), generation])
    },
    elsewhere: () => helmLab.deploy(name, shop(name, '2.0.0', '3.8'), how),
    irrelevant: async () => {
      const change = { metadata: { annotations: { 'example.test/note': 'keep me' } }, spec: { minReadySeconds: 1 } }
      await lab.patch(name, change)
      return async () => {
        const { metadata, spec } = await lab.workload(name)
        return 'minReadySeconds' in spec && metadata.annotations?.['example.test/note'] === 'keep me'
      }
    },
  }
}

/** The release as people wrote it: its last manifest, and the objects of it that are there. */
export async function written(helmLab: HelmLab, name: string): Promise<unknown> {
  const { lab } = helmLab
  const { last } = await helmLab.release(name)
  const core = `/api/v1/namespaces/${lab.namespace}`
  const lists = [`/apis/apps/v1/namespaces/${lab.namespace}/deployments`, `${core}/configmaps`, `${core}/secrets`]
  const found = await Promise.all(lists.map((path) => lab.ask<{ items: Owned[] }>('GET', path)))
  const ours = found
    .flatMap(({ items }) => items)
    .filter(({ metadata }) => metadata.annotations?.['meta.helm.sh/release-name'] === name)
    .map(({ metadata, ...body }) => {
      const { status: _, ...object } = body
      const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith('deployment.'))
      return { name: metadata.name, labels: metadata.labels, annotations: Object.fromEntries(annotations), ...object }
    })
  return { manifest: last.manifest, chart: last.chart, objects: ours }
}

interface Owned {
  metadata: { name: string; labels?: object; annotations?: Record<string, string> }
  status?: unknown
}

const FLUX = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease' }

/** Flux's kind without Flux: what reads it needs only the object. */
export async function flux({ lab }: HelmLab): Promise<void> {
  const names = { plural: 'helmreleases', singular: 'helmrelease', kind: 'HelmRelease' }
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await lab.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'helmreleases.helm.toolkit.fluxcd.io' },
    spec: {
      group: 'helm.toolkit.fluxcd.io',
      names,
      scope: 'Namespaced',
      versions: [{ name: 'v2', served: true, storage: true, schema }],
    },
  })
  const path = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${lab.namespace}/helmreleases`
  const asked = () =>
    lab.ask('GET', path).then(
      () => true,
      () => false,
    )
  await until(asked, Boolean, () => 'the API server does not serve HelmReleases')
}
