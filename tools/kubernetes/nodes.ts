import { until } from '../wait.ts'
import type { Ask } from './request.ts'

/** Adds that many nodes, and waits until each is ready and takes pods. */
export async function addNodes(ask: Ask, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => ask('POST', '/api/v1/nodes', node(`node-${index}`))))
  await until(
    'the nodes to be ready',
    async () => {
      const { items } = (await ask('GET', '/api/v1/nodes')) as { items: Node[] }
      return items.length >= count && items.every(ready)
    },
    { within: 30_000, every: 25 },
  )
}

interface Node {
  spec: { taints?: { key: string }[] }
  status: { conditions?: { type: string; status: string }[] }
}

function ready({ spec, status }: Node): boolean {
  const isReady = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  return isReady && !spec.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready')
}

function node(name: string): object {
  const resources = { cpu: '32', memory: '256Gi', pods: '500' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', type: 'kwok' },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
    status: { allocatable: resources, capacity: resources },
  }
}
