import { once } from 'node:events'
import type https from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { loadKubeConfig } from '../../activities/kubernetes/connect.ts'
import type { Workload } from '../../activities/targets/kubernetes/objects.ts'
import { kubernetes } from '../../activities/targets/kubernetes/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { type HoldingProxy, startProxy, type Upstream } from '../support/conformance-proxy.ts'
import { connectAs, kubeconfigOf, manifest } from './kubernetes-accounts.ts'
import type { Lab } from './kubernetes-lab.ts'
import type { Release } from './kubernetes-manifests.ts'

/**
 * Workloads of a real cluster, of the lab's kind, in each situation that the conformance suite asks for. Rights to the API groups that
 * are `withheld` are not granted: nobody can grant what he does not have.
 */
export function kubernetesFixture(lab: Lab, withheld: readonly string[] = []): Fixture {
  let count = 0
  const arrange = async (first: Release, second: Release, step: object = {}): Promise<Subject> => {
    const name = lab.named(`subject-${lab.kind}-${++count}`)
    await lab.deploy(name, first)
    await lab.deploy(name, second)
    return subject(lab, name, second, step)
  }
  return {
    target: kubernetes as unknown as Target,
    connection: lab.connection,
    arrange: () => arrange({ image: '3.9' }, { image: '3.10' }),
    empty: async () => {
      const name = lab.named(`empty-${lab.kind}`)
      await lab.deploy(name, { image: '3.9' })
      return { step: lab.step(name) }
    },
    owned: async () => {
      const annotations = {
        'argocd.argoproj.io/tracking-id': `unwind-conformance:apps/Deployment:${lab.namespace}/owned`,
      }
      const { step } = await arrange({ image: '3.9', annotations }, { image: '3.10', annotations })
      return { step, forced: { force: { reason: 'Argo CD is down' } } }
    },
    forbidden: async () => {
      const account = lab.named(`unwind-reader-${lab.kind}`)
      await lab.apply(...(await readerOf(account, withheld)))
      return {
        connection: await connectAs(lab, account),
        right: new RegExp(String.raw`patch ${lab.kind}s\.apps in namespace ${lab.namespace};`),
      }
    },
    unreachable: async () => {
      const server = `http://127.0.0.1:${await closedPort()}`
      const kubeconfig = await kubeconfigOf(lab, {}, { server })
      return kubernetes.connect({ kubeconfig, pin: { server } }, 'unreachable')
    },
    secret: async () => {
      const canaries = ['canary-in-env-7Qx', 'canary in args & 1/2', 'canary-in-annotation-9', 'canary-in-probe-3']
      const keeper = lab.named(`canaries-${lab.kind}`)
      await lab.apply(...keepers(keeper, canaries))
      const [old, now] = [secretive('3.9', keeper, canaries), secretive('3.10', keeper, canaries)]
      return { subject: await arrange(old, now), canaries }
    },
    proxied: async () => {
      const proxy = await proxyTo(lab)
      const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
      const module = fileURLToPath(new URL('../../activities/targets/kubernetes/index.ts', import.meta.url))
      return { proxy, credentials: { kubeconfig, pin: { server: proxy.url } }, module, exported: 'kubernetes' }
    },
  }
}

async function readerOf(account: string, withheld: readonly string[]): Promise<object[]> {
  const objects = await manifest('reader.yaml', account)
  return objects.map((object) => {
    const rules = object.rules?.filter(({ apiGroups }) => !apiGroups.some((group) => withheld.includes(group)))
    return { ...object, ...(rules && { rules }) }
  })
}

/** A proxy before the lab's API server, with all rights. */
export async function proxyTo({ kubeconfig, context }: Lab, rewrite?: Upstream['rewrite']): Promise<HoldingProxy> {
  const config = loadKubeConfig({ kubeconfig, context }, 'lab')
  const options: https.RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  return startProxy({
    url: new URL(config.getCurrentCluster()?.server ?? ''),
    options,
    isWrite: (method, path) => method === 'PATCH' && !path.includes('dryRun='),
    ...(rewrite && { rewrite }),
  })
}

function subject(lab: Lab, name: string, last: Release, more: object): Subject {
  return {
    step: lab.step(name, more),
    read: async () => asWritten(await lab.workload(name)),
    version: async () => {
      const { generation, annotations = {}, labels } = (await lab.workload(name)).metadata
      // The controller counts revisions here, in its own time.
      const { 'deployment.kubernetes.io/revision': _, ...written } = annotations
      return JSON.stringify({ generation, written, labels })
    },
    elsewhere: () => lab.deploy(name, { ...last, image: '3.8' }),
    irrelevant: async () => {
      // The nodes set the number of pods of a DaemonSet, and nobody else.
      const setting = lab.kind === 'daemonset' ? { revisionHistoryLimit: 7 } : { replicas: 3 }
      await lab.patch(name, { metadata: { annotations: { 'example.test/note': 'keep me' } }, spec: setting })
      return async () => {
        const { metadata, spec } = await lab.workload(name)
        const isSet = Object.entries(setting).every(([key, value]) => spec[key as keyof typeof spec] === value)
        return isSet && metadata.annotations?.['example.test/note'] === 'keep me'
      }
    },
  }
}

const MARK = /^(?:unwind\.dev\/|deployment\.kubernetes\.io\/|deprecated\.daemonset\.|kubernetes\.io\/change-cause$)/

function asWritten({ metadata, spec }: Workload): unknown {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !MARK.test(key))
  return { name: metadata.name, labels: metadata.labels, annotations: Object.fromEntries(annotations), spec }
}

/** Everywhere that people put secrets, wisely or not. */
function secretive(image: string, keeper: string, [env, args, annotation, probe]: string[]): Release {
  return {
    image,
    annotations: {
      'kubernetes.io/change-cause': `kubectl set env deployment/x PASSWORD=${env}`,
      'example.test/a': `${annotation}`,
    },
    podAnnotations: { 'example.test/token': `${annotation}-${image}` },
    env: [
      { name: 'PASSWORD', value: `${env}-${image}` },
      { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: keeper, key: 'one' } } },
      { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: keeper, key: 'one' } } },
    ],
    container: {
      args: [`--token=${args}`, image],
      lifecycle: {
        preStop: {
          httpGet: { path: '/', port: 80, httpHeaders: [{ name: 'Authorization', value: `${probe}-${image}` }] },
        },
      },
    },
  }
}

function keepers(name: string, [value]: string[]): object[] {
  const metadata = { name }
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { one: value } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { one: value } },
  ]
}

export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
