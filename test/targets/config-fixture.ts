import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { kubernetesConfig } from '../../activities/targets/kubernetes-config/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { connectAs, kubeconfigOf, manifest } from './kubernetes-accounts.ts'
import { closedPort, proxyTo } from './kubernetes-fixture.ts'
import type { Lab } from './kubernetes-lab.ts'

export const target = kubernetesConfig as unknown as Target

export type ConfigKind = 'configmap' | 'secret'

/** As much of an object as the tests look at. */
export interface Held {
  metadata: { resourceVersion: string; annotations?: Record<string, string>; labels?: Record<string, string> }
  immutable?: boolean
  type?: string
  data?: Record<string, string>
}

/** ConfigMaps or Secrets of a lab, and copies of them as CI keeps them. */
export function configHands(lab: Lab, kind: ConfigKind) {
  const written = kind === 'secret' ? 'Secret' : 'ConfigMap'
  const pathOf = (name: string) => `/api/v1/namespaces/${lab.namespace}/${kind}s/${name}`
  const encoded = (value: string) => (kind === 'secret' ? Buffer.from(value).toString('base64') : value)
  const bodyOf = (data: Record<string, string>) => ({
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encoded(value)])),
  })
  const put = (name: string, data: Record<string, string>, metadata: object = {}) =>
    lab.apply({ apiVersion: 'v1', kind: written, metadata: { name, ...metadata }, ...bodyOf(data) })
  return {
    put,
    read: (name: string) => lab.ask<Held>('GET', pathOf(name)),
    remove: (name: string) => lab.ask('DELETE', pathOf(name)),
    /** Whoever else writes: another manager of fields than the lab. */
    patch: (name: string, change: object) =>
      lab.ask('PATCH', `${pathOf(name)}?fieldManager=other`, change, 'application/merge-patch+json'),
    /** What docs/guide/config.md has CI do at each deploy. */
    keep: async (name: string, release: string, data: Record<string, string>): Promise<string> => {
      const copy = `${name}.${release}`
      const annotations = { 'unwind.dev/copy-of': name, 'unwind.dev/release': release }
      const metadata = { name: copy, labels: { 'unwind.dev/copy': 'true' }, annotations }
      await lab.apply({ apiVersion: 'v1', kind: written, metadata, immutable: true, ...bodyOf(data) })
      return copy
    },
    step: (name: string, more: object = {}) => ({
      ...{ kind: 'kubernetes-config', object: `${kind}/${name}`, namespace: lab.namespace, to: 'previous', ...more },
    }),
  }
}

/** Objects of a real cluster, in each situation that the conformance suite asks for. */
export function configFixture(lab: Lab, kind: ConfigKind): Fixture {
  const { put, read, patch, keep, step } = configHands(lab, kind)
  let count = 0
  const arrange = async (metadata: object = {}, old = 'old', now = 'new'): Promise<Subject> => {
    const name = lab.named(`subject-${kind}-${++count}`)
    await keep(name, 'v1', { mode: old, shared: 'same', gone: 'once' })
    await put(name, { mode: now, shared: 'same', added: 'later' }, metadata)
    return subject(name)
  }
  const subject = (name: string): Subject => ({
    step: step(name),
    read: async () => {
      const { data, type, immutable, metadata } = await read(name)
      const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith('unwind.dev/'))
      return { data, type, immutable, annotations: Object.fromEntries(annotations), labels: metadata.labels }
    },
    version: async () => (await read(name)).metadata.resourceVersion,
    elsewhere: () => put(name, { mode: `somebody else's ${randomUUID()}` }),
    irrelevant: async () => {
      await patch(name, { metadata: { labels: { team: 'payments' }, annotations: { 'example.test/note': 'keep me' } } })
      return async () => {
        const { labels, annotations } = (await read(name)).metadata
        return labels?.['team'] === 'payments' && annotations?.['example.test/note'] === 'keep me'
      }
    },
  })
  return {
    ...{ target, connection: lab.connection },
    arrange: () => arrange(),
    empty: async () => {
      const name = lab.named(`empty-${kind}`)
      await put(name, { mode: 'the only one' })
      return { step: step(name) }
    },
    owned: async () => {
      const annotations = { 'argocd.argoproj.io/tracking-id': `shop:/ConfigMap:${lab.namespace}/owned` }
      const { step: owned } = await arrange({ annotations })
      return { step: owned, forced: { force: { reason: 'Argo CD is down' } } }
    },
    forbidden: () => readingOnly(lab, kind),
    unreachable: async () => {
      const server = `http://127.0.0.1:${await closedPort()}`
      const kubeconfig = await kubeconfigOf(lab, {}, { server })
      return kubernetesConfig.connect({ kubeconfig, pin: { server } }, 'unreachable')
    },
    secret: async () => {
      const canaries = ['canary-in-the-old-7Qx', 'canary in the new & 2', 'canary-in-annotation-9']
      const annotations = { 'example.test/a': canaries[2] ?? '' }
      return { subject: await arrange({ annotations }, canaries[0], canaries[1]), canaries }
    },
    proxied: async () => {
      const proxy = await proxyTo(lab)
      const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
      const module = fileURLToPath(new URL('../../activities/targets/kubernetes-config/index.ts', import.meta.url))
      return { proxy, credentials: { kubeconfig, pin: { server: proxy.url } }, module, exported: 'kubernetesConfig' }
    },
  }
}

/** An account that may plan, and not write. */
async function readingOnly(lab: Lab, kind: ConfigKind) {
  const account = lab.named(`unwind-config-reader-${kind}`)
  const objects = await manifest('kubernetes-config/operator.yaml', account)
  const reading = objects.map((object) => {
    const rules = object.rules?.map((rule) => ({ ...rule, verbs: ['get', 'list'] }))
    return { ...object, ...(rules && { rules }) }
  })
  await lab.apply(...reading)
  const right = new RegExp(`patch ${kind}s in namespace ${lab.namespace}; .*rbac/kubernetes-config`)
  return { connection: await connectAs(lab, account), right }
}
