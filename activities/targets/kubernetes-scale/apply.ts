import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { SCALED_BY, SCALED_FROM } from '../../kubernetes/scaled.ts'
import { concrete, patch } from './patch.ts'
import type { KubernetesScaleStep } from './schema.ts'
import { parseMark, type Scale, type ScaleState, spoken } from './state.ts'
import { readWorkload, scaleOf, type Spot, spotOf, type Workload, zeroOf } from './workload.ts'

const RACE = 50

/** One step onwards: one conditional write at most, which leaves on the object what was there. */
export async function apply(
  step: KubernetesScaleStep,
  move: Move<ScaleState>,
  context: CallContext<Cluster>,
): Promise<{ state: ScaleState } | Again> {
  const spot = spotOf(step)
  const { connection, signal } = context
  const [workload] = await Promise.all([readWorkload(connection, spot, signal), connection.identity(signal)])
  if (isAt(workload, move.to, spot)) return { state: arrived(workload, move.to, spot) }
  if (!isAt(workload, move.from, spot)) throw stale(workload, spot, move, context)
  const scale = concrete(move, markOf(workload))
  if (scale === undefined) throw forgotten(spot)
  const before = scale === zeroOf(spot) ? found(workload, move, spot) : undefined
  const written = await patch(workload, spot, scale, before, context)
  if (written === 'lost')
    return { again: RACE, doing: 'somebody else changed the workload meanwhile; reading it again' }
  return { state: arrived(written, move.to, spot) }
}

/** What is taken away; where an autoscaler sets it, the number that it has chosen by now. */
function found(workload: Workload, { to }: Move<ScaleState>, spot: Spot): Scale | undefined {
  const now = scaleOf(workload, spot)
  if (now !== zeroOf(spot)) return now
  return to.before === 'autoscaled' ? undefined : to.before
}

/** The state with the number that the object itself remembers, so that a second call answers as the first one did. */
function arrived(workload: Workload, to: ScaleState, spot: Spot): ScaleState {
  if (to.scale !== zeroOf(spot)) return to
  const before = markOf(workload) ?? to.before
  return { uid: to.uid, scale: to.scale, ...(before !== undefined && { before }) }
}

function markOf({ metadata }: Workload): Scale | undefined {
  return parseMark(metadata.annotations?.[SCALED_FROM])
}

/** An autoscaler's number is its own business, as long as there are pods at all. */
export function isAt(workload: Workload, { uid, scale }: ScaleState, spot: Spot): boolean {
  if (workload.metadata.uid !== uid) return false
  const now = scaleOf(workload, spot)
  return scale === 'autoscaled' ? now !== zeroOf(spot) : now === scale
}

function stale(workload: Workload, spot: Spot, { from, to }: Move<ScaleState>, context: CallContext): UnwindError {
  const now = scaleOf(workload, spot)
  const untouched = workload.metadata.annotations?.[SCALED_BY] !== context.rollbackId
  const what =
    workload.metadata.uid === from.uid
      ? `has ${spoken(now)}, which is neither the ${spoken(from.scale)} that were planned from nor the ${spoken(to.scale)} planned; what somebody changed is kept`
      : 'was deleted and made anew since it was planned'
  return new UnwindError('PLAN_STALE', `${spot.workload} in ${spot.namespace} ${what}. Plan again`, {
    untouched,
    scale: now,
  })
}

function forgotten({ workload, namespace }: Spot): UnwindError {
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `the number of pods that ${workload} in ${namespace} had is not on it any more (annotation ${SCALED_FROM}); scale it by hand`,
  )
}
