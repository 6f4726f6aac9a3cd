import { until } from '../wait.ts'
import type { Cluster } from './cluster.ts'

/** What the pods of a release do; `healthy` is what pods do without a label. */
export type Behaviour = 'healthy' | 'slow' | 'crash-loop' | 'image-pull-error' | 'ready-then-failing' | 'never-ready'

/** The Deployments of the demo shop. */
const shop = ['storefront', 'checkout', 'payments'] as const

const replicas = { storefront: 3, checkout: 3, payments: 2 }

/** Deploys release v1.8 of the shop, which works, into namespace `shop`, and waits until it is rolled out. */
export async function applyShop(cluster: Cluster): Promise<void> {
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }])
  await cluster.apply(shop.map((name) => shopDeployment(name, 'v1.8')))
  await Promise.all(
    shop.map((name) => cluster.kubectl('rollout', 'status', `deployment/${name}`, '-n', 'shop', '--timeout=60s')),
  )
}

/** Deploys release v1.9 of checkout, whose pods crash, and waits until the first of them does. */
export async function breakCheckout(cluster: Cluster): Promise<void> {
  await cluster.apply([shopDeployment('checkout', 'v1.9', 'crash-loop')])
  const pods = ['get', 'pods', '-n', 'shop', '-l', 'app.kubernetes.io/name=checkout,app.kubernetes.io/version=v1.9']
  await until(
    'a pod of checkout v1.9 to crash',
    async () => (await cluster.kubectl(...pods, '-o', 'json')).includes('CrashLoopBackOff'),
    { within: 30_000, every: 100 },
  )
}

/** The Deployment of one part of the shop at a release, whose new pods behave as told. */
function shopDeployment(
  name: (typeof shop)[number],
  release: string,
  behaviour: Behaviour = 'healthy',
): Record<string, unknown> {
  const selector = { 'app.kubernetes.io/name': name }
  const labels = { ...selector, 'app.kubernetes.io/part-of': 'shop', 'app.kubernetes.io/version': release }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', labels, annotations: { 'kubernetes.io/change-cause': `release ${release}` } },
    spec: {
      replicas: replicas[name],
      selector: { matchLabels: selector },
      progressDeadlineSeconds: 60,
      // One pod may be missing, so that a bad release takes capacity away, as it does in life.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      template: {
        // Only the new template carries the label: going back to the old one really heals.
        metadata: { labels: behaviour === 'healthy' ? labels : { ...labels, 'unwind.dev/simulate': behaviour } },
        spec: { containers: [container(name, release)] },
      },
    },
  }
}

function container(name: string, release: string): object {
  return {
    name: 'app',
    image: `registry.example/shop/${name}:${release}`,
    ports: [{ name: 'http', containerPort: 8080 }],
    env: [{ name: 'RELEASE', value: release }],
    readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 5 },
    resources: { requests: { cpu: '100m', memory: '128Mi' } },
  }
}
