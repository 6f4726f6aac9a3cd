import type { CallContext, Revision } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { SCALED_BY, SCALED_FROM } from '../../kubernetes/scaled.ts'
import type { KubernetesScaleStep } from './schema.ts'
import { parseMark, spoken } from './state.ts'
import { readWorkload, scaleOf, spotOf, zeroOf } from './workload.ts'

/** The present scale, and at zero the one that a step of this kind took away. */
export async function history(step: KubernetesScaleStep, context: CallContext<Cluster>): Promise<Revision[]> {
  const spot = spotOf(step)
  const workload = await readWorkload(context.connection, spot, context.signal)
  const { annotations = {} } = workload.metadata
  const scale = scaleOf(workload, spot)
  const before = scale === zeroOf(spot) ? parseMark(annotations[SCALED_FROM]) : undefined
  const present = { id: 'present', title: spoken(scale), current: true, verified: false, details: {} }
  if (before === undefined) return [present]
  const by: Record<string, string> = annotations[SCALED_BY] ? { rollback: annotations[SCALED_BY] } : {}
  return [present, { id: 'before', title: spoken(before), current: false, verified: false, details: by }]
}
