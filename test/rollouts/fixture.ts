import { fileURLToPath } from 'node:url'
import { argoRollouts } from '../../activities/targets/kubernetes/rollouts/index.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { connectAs, kubeconfigOf, manifest } from '../targets/kubernetes-accounts.ts'
import { closedPort, proxyTo } from '../targets/kubernetes-fixture.ts'
import { rolloutLab, type RolloutLab, type RolloutRelease, target } from './lab.ts'
import type { Lab } from '../targets/kubernetes-lab.ts'

/** Rollouts of a real controller, in each situation that the conformance suite asks for. */
export function rolloutsFixture(lab: Lab): Fixture {
  const hands = rolloutLab(lab)
  let count = 0
  const arrange = async (first: RolloutRelease, second: RolloutRelease): Promise<Subject> => {
    const name = lab.named(`rollout-${++count}`)
    await hands.deploy(name, first)
    await hands.deploy(name, second)
    return subject(hands, name, second)
  }
  const plain = () => arrange({ image: '3.9' }, { image: '3.10' })
  return {
    target,
    connection: lab.connection,
    arrange: plain,
    empty: async () => {
      const name = lab.named('rollout-empty')
      await hands.deploy(name, { image: '3.9' })
      return { step: hands.verbs(name).step }
    },
    owned: async () => {
      const annotations = { 'argocd.argoproj.io/tracking-id': `shop:argoproj.io/Rollout:${lab.namespace}/owned` }
      const { step } = await arrange({ image: '3.9', annotations }, { image: '3.10', annotations })
      return { step, forced: { force: { reason: 'Argo CD is down' } } }
    },
    forbidden: async () => {
      const account = lab.named('unwind-rollouts-reader')
      const objects = await manifest('argo-rollouts/operator.yaml', account)
      const reading = objects.map((object) => {
        const rules = object.rules?.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch') }))
        return { ...object, ...(rules && { rules: rules.filter(({ verbs }) => verbs.length > 0) }) }
      })
      await lab.apply(...reading)
      const right = new RegExp(`patch rollouts\\.argoproj\\.io in namespace ${lab.namespace}; .*rbac/argo-rollouts`)
      return { connection: await connectAs(lab, account), right }
    },
    unreachable: async () => {
      const server = `http://127.0.0.1:${await closedPort()}`
      const kubeconfig = await kubeconfigOf(lab, {}, { server })
      return argoRollouts.connect({ kubeconfig, pin: { server } }, 'unreachable')
    },
    secret: async () => {
      const canaries = ['canary-in-env-7Qx', 'canary-in-annotation-9']
      const [env = '', annotation = ''] = canaries
      const secretive = (image: string): RolloutRelease => ({
        image,
        annotations: { 'kubernetes.io/change-cause': `kubectl set env PASSWORD=${env}` },
        podAnnotations: { 'example.test/token': `${annotation}-${image}` },
        env: [{ name: 'PASSWORD', value: `${env}-${image}` }],
      })
      return { subject: await arrange(secretive('3.9'), secretive('3.10')), canaries }
    },
    proxied: async () => {
      const proxy = await proxyTo(lab)
      const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
      const module = fileURLToPath(new URL('../../activities/targets/kubernetes/rollouts/index.ts', import.meta.url))
      return { proxy, credentials: { kubeconfig, pin: { server: proxy.url } }, module, exported: 'argoRollouts' }
    },
  }
}

const MARK = /^(?:unwind\.dev\/|rollout\.argoproj\.io\/|notified\.|kubernetes\.io\/change-cause$)/

function subject(hands: RolloutLab, name: string, last: RolloutRelease): Subject {
  const notes = async () => {
    const { metadata } = await hands.rollout(name)
    return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !MARK.test(key)))
  }
  return {
    step: hands.verbs(name).step,
    read: async () => ({ annotations: await notes(), spec: (await hands.rollout(name)).spec }),
    version: async () => {
      const { generation, annotations = {} } = (await hands.rollout(name)).metadata
      // The controller counts revisions here, in its own time.
      const written = Object.entries(annotations).filter(([key]) => !key.startsWith('rollout.argoproj.io/'))
      return JSON.stringify({ generation, written })
    },
    elsewhere: async () => {
      await hands.deploy(name, { ...last, image: '3.8' }, ['Healthy', 'Progressing', 'Paused'])
    },
    irrelevant: async () => {
      const change = { metadata: { annotations: { 'example.test/note': 'keep me' } }, spec: { replicas: 3 } }
      await hands.patch(name, change)
      return async () => {
        const { metadata, spec } = await hands.rollout(name)
        return spec.replicas === 3 && metadata.annotations?.['example.test/note'] === 'keep me'
      }
    },
  }
}
