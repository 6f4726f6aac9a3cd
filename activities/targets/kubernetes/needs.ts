import { quantity } from '../../kubernetes/quantity.ts'
import type { Template } from './objects.ts'

interface Resources {
  requests?: Record<string, string>
  limits?: Record<string, string>
}

/**
 * What one pod counts in a ResourceQuota, by the quota's own names. As the API server counts (kubernetes
 * pkg/quota/v1/evaluator/core pods.go): the sum over the containers, or the largest init container where that is more; a
 * missing request is the limit. What a LimitRange adds is not known here.
 */
export function needsOf({ spec }: Template): Record<string, number> {
  const [main, init] = [resourcesOf(spec?.containers), resourcesOf(spec?.initContainers)]
  const need = (of: 'requests' | 'limits', name: string) => {
    const amount = ({ requests, limits }: Resources) =>
      quantity((of === 'requests' ? requests?.[name] : undefined) ?? limits?.[name] ?? '0')
    return Math.max(
      main.map(amount).reduce((sum, one) => sum + one, 0),
      ...init.map(amount),
    )
  }
  const cpu = need('requests', 'cpu')
  const memory = need('requests', 'memory')
  return {
    ...{ pods: 1, 'count/pods': 1, cpu, memory, 'requests.cpu': cpu, 'requests.memory': memory },
    ...{ 'limits.cpu': need('limits', 'cpu'), 'limits.memory': need('limits', 'memory') },
  }
}

function resourcesOf(containers: readonly object[] | undefined): Resources[] {
  return (containers ?? []).map((container) => (container as { resources?: Resources }).resources ?? {})
}
