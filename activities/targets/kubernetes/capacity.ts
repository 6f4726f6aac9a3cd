import { UnwindError } from '../../../model/errors.ts'
import type { Warning } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { list, type Metadata, type Selector, selects } from '../../kubernetes/objects.ts'
import { quantity } from '../../kubernetes/quantity.ts'
import type { Candidate } from './candidate.ts'
import { capacityOf } from './impact.ts'
import type { Spot, Workload } from './objects.ts'
import { needsOf } from './needs.ts'

interface Budget {
  metadata: Metadata
  spec?: { selector?: Selector }
  status?: { desiredHealthy?: number; currentHealthy?: number; disruptionsAllowed?: number }
}

interface Quota {
  metadata: Metadata
  spec?: { scopes?: string[]; scopeSelector?: object }
  status?: { hard?: Record<string, string>; used?: Record<string, string> }
}

/** What bounds the pods of a namespace, and what of it the account may not read. */
export interface Bounds {
  budgets: Budget[]
  quotas: Quota[]
  unread: string[]
}

/** Disruption budgets and quotas of a namespace. */
export async function readBounds(cluster: Cluster, { namespace }: Spot, signal: AbortSignal): Promise<Bounds> {
  const unread: string[] = []
  const all = async <T>(root: string, plural: string, resource: string): Promise<T[]> => {
    try {
      const path = `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
      return await list<T>(cluster, { path, resource, namespace, signal })
    } catch (error) {
      if (!(error instanceof UnwindError) || error.code !== 'TARGET_FORBIDDEN') throw error
      unread.push(plural)
      return []
    }
  }
  const [budgets, quotas] = await Promise.all([
    all<Budget>('/apis/policy/v1', 'poddisruptionbudgets', 'poddisruptionbudgets.policy'),
    all<Quota>('/api/v1', 'resourcequotas', 'resourcequotas'),
  ])
  return { budgets, quotas, unread }
}

/**
 * What a move means for them. A rollout asks no disruption budget, only evictions do, so it may take more pods away than
 * one allows. A quota can refuse the new pods: then a rollout that may end no old one first stands still for good.
 */
export function boundWarnings(
  workload: Workload,
  candidate: Candidate,
  spot: Spot,
  { budgets, quotas }: Pick<Bounds, 'budgets' | 'quotas'>,
): Warning[] {
  return [
    ...ofWorkload(workload, budgets).flatMap((budget) => budgetWarnings(workload, spot, budget)),
    ...quotas.filter(isPlain).flatMap((quota) => quotaWarnings(workload, candidate, spot, quota)),
  ]
}

/** What of it is worth knowing now, and changes by itself. */
export function boundImpact(workload: Workload, { budgets }: Pick<Bounds, 'budgets'>): string[] {
  return ofWorkload(workload, budgets).flatMap(({ metadata, status }) => {
    if (status?.disruptionsAllowed !== 0) return []
    const { currentHealthy = 0, desiredHealthy = 0 } = status
    return [
      `PodDisruptionBudget ${metadata.name} allows no eviction now (${currentHealthy} healthy of at least ${desiredHealthy}): drains of nodes wait meanwhile`,
    ]
  })
}

function ofWorkload({ spec }: Workload, budgets: readonly Budget[]): Budget[] {
  const labels = spec.template.metadata?.labels ?? {}
  return budgets.filter((budget) => budget.spec?.selector && selects(budget.spec.selector, labels))
}

function budgetWarnings(workload: Workload, spot: Spot, { metadata, status }: Budget): Warning[] {
  const kept = capacityOf(workload, spot).available
  const { desiredHealthy = 0 } = status ?? {}
  if (kept >= desiredHealthy) return []
  const message = `PodDisruptionBudget ${metadata.name} wants ${desiredHealthy} healthy pods, but the rollout of ${spot.workload} keeps ${kept}: rollouts do not ask it. Allow fewer unavailable pods first where that matters`
  return [{ code: 'BUDGET_NOT_KEPT', message }]
}

/** Quotas with a scope count some pods only; which ones, the object does not tell. */
function isPlain({ spec }: Quota): boolean {
  return !spec?.scopes?.length && !spec?.scopeSelector
}

function quotaWarnings(workload: Workload, candidate: Candidate, spot: Spot, quota: Quota): Warning[] {
  const { replicas, surge, available } = capacityOf(workload, spot)
  const [now, then] = [needsOf(workload.spec.template), needsOf(candidate.template)]
  return Object.entries(quota.status?.hard ?? {}).flatMap(([resource, hard]) => {
    const [each, before] = [then[resource], now[resource]]
    if (each === undefined || before === undefined) return []
    const free = quantity(hard) - quantity(quota.status?.used?.[resource] ?? '0')
    const name = `ResourceQuota ${quota.metadata.name}`
    if (replicas * (each - before) > free)
      return [
        {
          code: 'QUOTA_TOO_SMALL',
          message: `${name} has no room for the ${resource} that all ${replicas} pods of the older release ask for; raise it first`,
          confirm: true,
        },
      ]
    if (surge * each <= free || available < replicas) return []
    return [
      {
        code: 'QUOTA_DEADLOCK',
        message: `${name} has no room for the ${resource} of one more pod, and ${spot.workload} ends no old pod before: the rollout will stand still. Raise the quota, or allow maxUnavailable`,
        confirm: true,
      },
    ]
  })
}
