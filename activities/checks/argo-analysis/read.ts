import type { Cluster } from '../../kubernetes/connect.ts'
import { list, type Metadata } from '../../kubernetes/objects.ts'
import type { ArgoAnalysisMeasurement } from './schema.ts'

const RIGHTS = 'docs/rbac/argo-analysis.yaml'

/** The parts of an AnalysisRun that are read. https://argo-rollouts.readthedocs.io/en/stable/analysis/analysis */
export interface AnalysisRun {
  metadata: Metadata
  spec?: { terminate?: boolean }
  status?: {
    phase?: string
    message?: string
    completedAt?: string
    startedAt?: string
    metricResults?: MetricResult[]
  }
}

export interface MetricResult {
  name: string
  phase?: string
  message?: string
  dryRun?: boolean
  count?: number
  successful?: number
  failed?: number
  inconclusive?: number
  error?: number
  measurements?: { phase?: string; value?: string; finishedAt?: string; message?: string }[]
}

/**
 * The AnalysisRun that is meant: by name, or the newest of a Rollout, undefined where that has none. Throws what the API
 * server refuses: TARGET_NOT_FOUND, TARGET_FORBIDDEN (docs/rbac/argo-analysis.yaml), TARGET_UNREACHABLE.
 */
export async function readAnalysis(
  cluster: Cluster,
  { 'argo-analysis': which, namespace }: ArgoAnalysisMeasurement,
  signal: AbortSignal,
): Promise<AnalysisRun | undefined> {
  const [kind = '', name = ''] = which.split('/')
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${encodeURIComponent(namespace)}/analysisruns`
  const resource = 'analysisruns.argoproj.io'
  if (kind === 'analysisrun') {
    const request = { method: 'GET', path: `${path}/${encodeURIComponent(name)}`, signal } as const
    const answer = await cluster.demand(request, { verb: 'get', resource, namespace, name, rights: RIGHTS })
    return answer.body as AnalysisRun
  }
  const runs = await list<AnalysisRun>(cluster, { path, resource, namespace, rights: RIGHTS, signal })
  return runs
    .filter(({ metadata }) => metadata.ownerReferences?.some((by) => by.kind === 'Rollout' && by.name === name))
    .toSorted((a, b) => bornAt(b) - bornAt(a))[0]
}

function bornAt({ metadata }: AnalysisRun): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0
}
