import type { Connection } from '../../../model/configuration.ts'
import { defineCheck } from '../../../model/measurement.ts'
import { isFailed, whyOf } from '../../kubernetes/analysis.ts'
import { clip } from '../../kubernetes/faults.ts'
import { analysesOf } from '../../targets/kubernetes/rollouts/analysis.ts'
import { isObserved, isPromoted, look, spotOf } from '../../targets/kubernetes/rollouts/rollout.ts'
import { openCluster } from '../cluster.ts'
import { AbortedMeasurement } from './schema.ts'

const RIGHTS = 'docs/rbac/argo-analysis.yaml'

/** Looks once. A template that the controller has not seen yet proves nothing either way. */
export const aborted = defineCheck<typeof AbortedMeasurement, Connection>({
  schema: AbortedMeasurement,
  measure: async (measurement, { connection, signal }) => {
    const { aborted: workload, namespace, by } = measurement
    const cluster = await openCluster(measurement, connection)
    const spot = { ...spotOf({ rollout: workload.slice('rollout/'.length), namespace }), rights: RIGHTS }
    const [sight] = await Promise.all([look(cluster, spot, signal), cluster.identity(signal)])
    const { rollout } = sight
    const { currentPodHash, abort, message } = rollout.status ?? {}
    const revision = rollout.metadata.annotations?.['rollout.argoproj.io/revision'] ?? 'unknown'
    const facts = { revision, podHash: currentPodHash ?? 'unknown' }
    if (!isObserved(sight))
      return { status: 'inconclusive', evidence: { summary: `the controller has not seen ${workload} yet`, facts } }
    if (isPromoted(rollout)) return { status: 'fail', evidence: { summary: `${workload} is stable`, facts } }
    const failed = (await analysesOf(sight, { connection: cluster, signal }, RIGHTS)).find(isFailed)
    if (failed) {
      const summary = `revision ${revision} of ${workload} was aborted by analysis ${failed.metadata.name}: ${whyOf(failed)}`
      return { status: 'pass', evidence: { summary, facts: { ...facts, analysisRun: failed.metadata.name } } }
    }
    const why = abort === true ? `was aborted by no analysis (${clip(message ?? '', 200)})` : 'is not aborted'
    const holds = abort === true && by === 'anything'
    return {
      status: holds ? 'pass' : 'fail',
      evidence: { summary: `revision ${revision} of ${workload} ${why}`, facts },
    }
  },
})
