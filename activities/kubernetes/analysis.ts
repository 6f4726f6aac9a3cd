import type { Cluster } from './connect.ts'
import { list, type Metadata } from './objects.ts'

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

/** Where AnalysisRuns are asked for, and the manifest that grants it. */
export interface Analyses {
  namespace: string
  rights: string
  signal: AbortSignal
}

export const ANALYSIS_RUNS = 'analysisruns.argoproj.io'

/** The path of the AnalysisRuns of a namespace. */
export function analysisPath(namespace: string): string {
  return `/apis/argoproj.io/v1alpha1/namespaces/${encodeURIComponent(namespace)}/analysisruns`
}

/** The AnalysisRuns of a namespace, newest first. Throws what the API server refuses. */
export async function readAnalysisRuns(
  cluster: Cluster,
  { namespace, rights, signal }: Analyses,
): Promise<AnalysisRun[]> {
  const runs = await list<AnalysisRun>(cluster, {
    ...{ path: analysisPath(namespace), resource: ANALYSIS_RUNS, namespace, rights, signal },
  })
  return runs.toSorted((a, b) => bornAt(b) - bornAt(a))
}

/** Phases in which an analysis has ended its update: Inconclusive only pauses it. */
export function isFailed({ status }: AnalysisRun): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Error'
}

/** Its phase, and what has brought it there, on one bounded line. */
export function whyOf({ status = {} }: AnalysisRun): string {
  const { phase = 'Pending', message, metricResults = [] } = status
  const worst = metricResults.find((result) => result.phase === phase)
  const because = message ?? (worst && `metric ${worst.name}: ${countsOf(worst)}`)
  const last = worst?.measurements?.at(-1)
  const value = last?.value ?? last?.message
  const text = [phase, because, value && `last measured ${value}`].filter(Boolean).join(', ')
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 300)
}

function countsOf({ failed = 0, error = 0, successful = 0, count = 0 }: MetricResult): string {
  return `${failed} failed, ${error} errors, ${successful} successful of ${count} measurements`
}

function bornAt({ metadata }: AnalysisRun): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0
}
