import { fileURLToPath } from 'node:url'
import { kubernetesScale } from '../../activities/targets/kubernetes-scale/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { connectAs, kubeconfigOf, manifest } from './kubernetes-accounts.ts'
import { closedPort, proxyTo } from './kubernetes-fixture.ts'
import type { Lab } from './kubernetes-lab.ts'

export const target = kubernetesScale as unknown as Target

/** A step for a Deployment of the lab, as a runbook would write it. */
export function scaleStep(lab: Lab, name: string, more: object = {}): Record<string, unknown> {
  return { kind: 'kubernetes-scale', workload: `deployment/${name}`, namespace: lab.namespace, ...more }
}

/** Scales of Deployments of a real cluster, in each situation that the conformance suite asks for. */
export function scaleFixture(lab: Lab): Fixture {
  let count = 0
  const arrange = async (more: object = {}): Promise<Subject> => {
    const name = lab.named(`scaled-${++count}`)
    await lab.deploy(name, { image: '3.9', ...more })
    return subject(lab, name)
  }
  return {
    target,
    connection: lab.connection,
    arrange: () => arrange(),
    empty: async () => {
      const { step } = await arrange()
      return { step: { ...step, to: 'before' } }
    },
    owned: async () => {
      const annotations = { 'argocd.argoproj.io/tracking-id': `shop:apps/Deployment:${lab.namespace}/owned` }
      const { step } = await arrange({ annotations })
      return { step, forced: { force: { reason: 'Argo CD is down' } } }
    },
    forbidden: async () => {
      const account = lab.named('unwind-scale-reader')
      const objects = await manifest('kubernetes-scale/operator.yaml', account)
      const reading = objects.map((object) => {
        const rules = object.rules?.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch') }))
        return { ...object, ...(rules && { rules }) }
      })
      await lab.apply(...reading)
      const right = new RegExp(`patch deployments\\.apps in namespace ${lab.namespace}; .*rbac/kubernetes-scale`)
      return { connection: await connectAs(lab, account), right }
    },
    unreachable: async () => {
      const server = `http://127.0.0.1:${await closedPort()}`
      const kubeconfig = await kubeconfigOf(lab, {}, { server })
      return kubernetesScale.connect({ kubeconfig, pin: { server } }, 'unreachable')
    },
    secret: async () => {
      const canaries = ['canary-in-env-7Qx', 'canary-in-annotation-9']
      const [env = '', annotation = ''] = canaries
      const found = await arrange({
        annotations: { 'example.test/a': annotation },
        env: [{ name: 'PASSWORD', value: env }],
      })
      return { subject: found, canaries }
    },
    proxied: async () => {
      const proxy = await proxyTo(lab)
      const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
      const module = fileURLToPath(new URL('../../activities/targets/kubernetes-scale/index.ts', import.meta.url))
      return { proxy, credentials: { kubeconfig, pin: { server: proxy.url } }, module, exported: 'kubernetesScale' }
    },
  }
}

function subject(lab: Lab, name: string): Subject {
  return {
    step: scaleStep(lab, name),
    read: async () => {
      const { metadata, spec } = await lab.workload(name)
      const notes = Object.entries(metadata.annotations ?? {}).filter(
        ([key]) => !/^(?:unwind\.dev|deployment\.kubernetes\.io)\//.test(key),
      )
      return { labels: metadata.labels, annotations: Object.fromEntries(notes), spec }
    },
    version: async () => {
      const { generation, annotations = {} } = (await lab.workload(name)).metadata
      const { 'deployment.kubernetes.io/revision': _, ...written } = annotations
      return JSON.stringify({ generation, written })
    },
    elsewhere: () => lab.patch(name, { spec: { replicas: 4 } }),
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
