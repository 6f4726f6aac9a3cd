import type { Connection } from '../../../model/configuration.ts'
import { defineCheck } from '../../../model/measurement.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { readWorkload, type Spot, spotOf } from '../../targets/kubernetes/objects.ts'
import { crashOf, type Pod, readWorkloadPods } from '../../targets/kubernetes/pods.ts'
import { openCluster } from '../cluster.ts'
import { CrashingMeasurement } from './schema.ts'

/** How many crashing pods are named. */
const NAMED = 5

/** Counts once. A workload without pods shows nothing: that is inconclusive, whatever the bound. */
export const crashing = defineCheck<typeof CrashingMeasurement, Connection>({
  schema: CrashingMeasurement,
  measure: async (measurement, { connection, signal }) => {
    const { crashing: workload, namespace, atLeast, atMost = Number.POSITIVE_INFINITY } = measurement
    const cluster = await openCluster(measurement, connection)
    const { pods, now } = await podsOf(cluster, spotOf({ workload, namespace }), signal)
    const crashes = pods.flatMap((pod) => crashOf(pod, now) ?? [])
    const facts = { crashing: crashes.length, pods: pods.length }
    if (pods.length === 0)
      return { status: 'inconclusive', evidence: { summary: `${workload} has no pods to look at`, facts } }
    const named = crashes.slice(0, NAMED).map(({ pod, reason }) => `${pod} (${reason})`)
    const which = named.length > 0 ? `: ${named.join(', ')}${crashes.length > NAMED ? ', …' : ''}` : ''
    const summary = `${crashes.length} of ${pods.length} pods of ${workload} crash${which}`
    const holds = atLeast === undefined ? crashes.length <= atMost : crashes.length >= atLeast
    return { status: holds ? 'pass' : 'fail', evidence: { summary, facts } }
  },
})

/** Its pods, without those that are being deleted, and the time of the API server. */
async function podsOf(cluster: Cluster, spot: Spot, signal: AbortSignal): Promise<{ pods: Pod[]; now: number }> {
  const [{ object: workload, date: now }] = await Promise.all([
    readWorkload(cluster, spot, signal),
    cluster.identity(signal),
  ])
  const pods = await readWorkloadPods(cluster, workload, spot, signal)
  return { pods: pods.filter(({ metadata }) => !metadata.deletionTimestamp), now }
}
