import { fileURLToPath } from 'node:url'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import { until } from '../support/until.ts'
import { type ArgoLab, type Shop, type ShopOptions, target } from './lab.ts'

/** An application whose auto-sync is on and repairs what others change: what a rollback has to hold. */
export const AUTOMATED = { automated: { prune: true, selfHeal: true } }

/**
 * Applications of a real Argo CD, in each situation that the conformance suite asks for: synced by hand, or with auto-sync on
 * and held by a step that says how.
 */
export async function argoFixture(lab: ArgoLab, hold?: 'window' | 'disable-auto-sync'): Promise<Fixture> {
  const [policy, held] = hold ? [AUTOMATED, { hold }] : [{}, {}]
  const arranged = async (options: ShopOptions = {}) => subjectOf(lab, await lab.shop({ ...policy, ...options }), held)
  return {
    ...{ target, connection: await lab.connect() },
    // Where auto-sync is on again, Argo CD refuses a rollback that comes late; without it, one more changes nothing.
    ...(hold === 'window' ? {} : { unconditional: true as const }),
    arrange: () => arranged(),
    empty: async () => {
      const shop = await lab.shop({ ...policy, tags: ['3.9'] })
      return { step: shop.step(held) }
    },
    owned: async () => {
      const shop = await lab.shop(AUTOMATED)
      return { step: shop.step(), forced: { hold: hold ?? 'window' } }
    },
    forbidden: async () => ({
      connection: await lab.connect('reader'),
      right:
        hold === 'window'
          ? /projects, update, shop-/
          : hold
            ? /applications, update, shop-/
            : /applications, sync, shop-/,
    }),
    unreachable: () => lab.connect('robot', 'http://127.0.0.1:9'),
    secret: () => secretive(arranged),
    proxied: async () => {
      const proxy = await startProxy({
        url: new URL(String((lab.credentials()['pin'] as { origin: string }).origin)),
        options: {
          headers: {
            authorization: `Bearer ${process.env['UNWIND_TEST_ARGO_ROBOT']}`,
            'content-type': 'application/json',
          },
        },
        isWrite: (method, path) => method === 'POST' && path.endsWith('/rollback'),
      })
      const module = fileURLToPath(new URL('../../activities/targets/argo-cd/index.ts', import.meta.url))
      return { proxy, credentials: lab.credentials('robot', proxy.url), module, exported: 'argoCd' }
    },
  }
}

const CANARIES = ['canary-in-the-old-7Qx', 'canary in the new & 2', 'canary-of-a-setting']

async function secretive(arranged: (options: ShopOptions) => Promise<Subject>) {
  const manifest = (tag: string) => {
    const value = tag === '3.9' ? CANARIES[0] : CANARIES[1]
    const container = `{ name: web, image: 'registry.k8s.io/pause:${tag}', env: [{ name: PASSWORD, value: '${value}' }] }`
    return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [${container}] }
---
apiVersion: v1
kind: Secret
metadata: { name: login }
stringData: { password: '${value}' }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { key: '${CANARIES[2]}' }
`
  }
  return { subject: await arranged({ manifest }), canaries: CANARIES }
}

function subjectOf(lab: ArgoLab, shop: Shop, held: object): Subject {
  const { name } = shop
  return {
    step: shop.step(held),
    read: async () => {
      const [{ spec, metadata }, deployment, windows] = await Promise.all([
        shop.read(),
        shop.deployment(),
        shop.windows(),
      ])
      const held = Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('unwind.dev/'))
      return { spec, held, windows, deployment: deployment['spec'] }
    },
    version: async () => {
      const { spec, status } = await shop.read()
      return JSON.stringify([
        status.history?.map(({ id }) => id),
        status.operationState?.startedAt,
        spec,
        await shop.windows(),
      ])
    },
    elsewhere: async () => {
      const revision = shop.commit('3.8')
      await shop.refresh()
      // Under a hold nothing but a person's own sync gets there.
      await shop.sync().catch(() => undefined)
      await shop.until(
        ({ status, operation }) =>
          status.history?.at(-1)?.revision === revision &&
          operation === undefined &&
          status.health.status === 'Healthy',
      )
    },
    irrelevant: async () => {
      const path = `/apis/apps/v1/namespaces/${name}/deployments/web`
      await lab.kube('PATCH', path, { spec: { replicas: 3 } }, 'application/merge-patch+json')
      await until(
        () => shop.read(),
        ({ status }) => status.health.status === 'Healthy',
        () => 'not healthy with 3 replicas',
      )
      return async () => ((await shop.deployment())['spec'] as { replicas: number }).replicas === 3
    },
  }
}
