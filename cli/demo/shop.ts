import type { KubernetesObject } from '@kubernetes/client-node'

/** What the demo deploys: three parts of a shop. Only checkout will get bad releases. */
const PARTS = { storefront: 3, checkout: 3, payments: 2 } as const
type Part = keyof typeof PARTS

/** A label of the demo's own namespace, so that it never deletes one that it did not make. */
export const OWN = { 'app.kubernetes.io/managed-by': 'unwind-demo' }

/** Where the shop is deployed, and which images it may name. */
export interface Ground {
  namespace: string
  /** Whether nodes really pull and start what is named. */
  real: boolean
}

/** Every Deployment of the shop at a release that works. */
export function shop(ground: Ground, release: string): KubernetesObject[] {
  return (Object.keys(PARTS) as Part[]).map((part) => deployment(ground, part, release))
}

/** Checkout at a release whose pods are well, whatever it answers. */
export function checkout(ground: Ground, release: string): KubernetesObject {
  return deployment(ground, 'checkout', release)
}

/** Checkout at a release whose containers end at once. */
export function badCheckout(ground: Ground, release: string): KubernetesObject {
  return deployment(ground, 'checkout', release, true)
}

function deployment(ground: Ground, name: Part, release: string, bad = false): KubernetesObject & { spec: object } {
  const { namespace } = ground
  const selector = { 'app.kubernetes.io/name': name }
  const labels = { ...selector, 'app.kubernetes.io/part-of': 'shop', 'app.kubernetes.io/version': release }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, annotations: { 'kubernetes.io/change-cause': `release ${release}` } },
    spec: {
      replicas: PARTS[name],
      selector: { matchLabels: selector },
      progressDeadlineSeconds: 60,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      template: {
        // The label tells the simulated kubelet of the demo's own cluster to let it crash; a real one ignores it.
        metadata: { labels: bad ? { ...labels, 'unwind.dev/simulate': 'crash-loop' } : labels },
        spec: { containers: [container(ground, name, release, bad)], terminationGracePeriodSeconds: 1 },
      },
    },
  }
}

/** Real nodes get an image that every cluster can pull and that needs no rights; a bad release starts what is not in it. */
const REAL_IMAGES: Record<string, string> = { 'v1.8': '3.6', 'v1.9': '3.7', 'v1.10': '3.8', 'v1.11': '3.9' }

function container({ real }: Ground, name: Part, release: string, bad: boolean): object {
  return {
    name: 'app',
    image: real
      ? `registry.k8s.io/pause:${REAL_IMAGES[release] ?? '3.10'}`
      : `registry.example/shop/${name}:${release}`,
    env: [{ name: 'RELEASE', value: release }],
    ...(bad && { command: ['/no-such-program'] }),
    resources: { requests: { cpu: '10m', memory: '8Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      runAsUser: 65535,
      capabilities: { drop: ['ALL'] },
    },
  }
}
