import { UnwindError } from '../../../../model/errors.ts'
import type { CallContext, Warning } from '../../../../model/target.ts'
import { ANALYSIS_RUNS, type AnalysisRun, readAnalysisRuns, whyOf } from '../../../kubernetes/analysis.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { notChecked } from '../../../kubernetes/owner.ts'
import { RIGHTS, type Sight } from './rollout.ts'

/** The most that a plan or a verdict tells of. */
const NAMED = 5
const POD_HASH = 'rollouts-pod-template-hash'

const REVISION = 'rollout.argoproj.io/revision'

/**
 * The AnalysisRuns of the update to the present revision, newest first: those of an earlier time that it was deployed at
 * bear an earlier number. Throws what the API server refuses.
 */
export async function analysesOf(
  { rollout, spot }: Sight,
  { connection, signal }: Pick<CallContext<Cluster>, 'connection' | 'signal'>,
  rights = RIGHTS,
): Promise<AnalysisRun[]> {
  const { metadata, status } = rollout
  const found = await readAnalysisRuns(connection, { namespace: spot.namespace, rights, signal })
  return found.filter(({ metadata: { labels, annotations, ownerReferences } }) => {
    const own = ownerReferences?.some(({ uid }) => uid === metadata.uid)
    const present = labels?.[POD_HASH] === status?.currentPodHash
    return own && present && annotations?.[REVISION] === metadata.annotations?.[REVISION]
  })
}

/** What they have measured, a line each: evidence that a plan shows beside what it would do. */
export async function measured(
  sight: Sight,
  context: CallContext<Cluster>,
): Promise<{ lines: string[]; warnings: Warning[] }> {
  try {
    const runs = await analysesOf(sight, context)
    const lines = runs.slice(0, NAMED).map((run) => `analysis ${run.metadata.name}: ${whyOf(run)}`)
    return { lines, warnings: [] }
  } catch (error) {
    if (!(error instanceof UnwindError) || error.code !== 'TARGET_FORBIDDEN') throw error
    return { lines: [], warnings: notChecked([ANALYSIS_RUNS]) }
  }
}

/** Why an update was aborted, as far as its analysis tells; empty where it tells nothing. */
export async function failureLines(sight: Sight, context: CallContext<Cluster>): Promise<string[]> {
  const { lines } = await measured(sight, context)
  return lines.filter((line) => /: (?:Failed|Error)/.test(line))
}
