import { ANALYSIS_RUNS, analysisPath, type AnalysisRun, readAnalysisRuns } from '../../kubernetes/analysis.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import type { ArgoAnalysisMeasurement } from './schema.ts'

const RIGHTS = 'docs/rbac/argo-analysis.yaml'

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
  if (kind === 'analysisrun') {
    const request = { method: 'GET', path: `${analysisPath(namespace)}/${encodeURIComponent(name)}`, signal } as const
    const asked = { verb: 'get', resource: ANALYSIS_RUNS, namespace, name, rights: RIGHTS } as const
    return (await cluster.demand(request, asked)).body as AnalysisRun
  }
  const runs = await readAnalysisRuns(cluster, { namespace, rights: RIGHTS, signal })
  return runs.find(({ metadata }) => metadata.ownerReferences?.some((by) => by.kind === 'Rollout' && by.name === name))
}
