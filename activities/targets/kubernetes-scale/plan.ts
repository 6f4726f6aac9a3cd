import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { notChecked, ownerOf, ownershipWarnings, readClaims, withoutHelm } from '../../kubernetes/owner.ts'
import { SCALED_FROM } from '../../kubernetes/scaled.ts'
import { readScalers, scalerWarnings } from '../../kubernetes/scalers.ts'
import type { KubernetesScaleStep } from './schema.ts'
import { parseMark, parseState, type ScaleState, spoken } from './state.ts'
import {
  hasEnded,
  isSuspended,
  readWorkload,
  RIGHTS,
  scaleOf,
  type Spot,
  spotOf,
  type Workload,
  zeroOf,
} from './workload.ts'

const APPLY_LIMIT = 60_000
/** What a pod gets to end that says nothing else; Kubernetes' own default. */
const GRACE = 30
/** A Job of a CronJob is waited for, not killed: it may be the one that writes. */
const LONGEST_JOB = 30 * 60_000
const LONGEST_START = 20 * 60_000

/** How many pods there are, how many there would be, and what else sets their number. Reads only. */
export async function plan(step: KubernetesScaleStep, context: CallContext<Cluster>): Promise<Plan<ScaleState>> {
  const spot = spotOf(step)
  const { connection, signal } = context
  const [workload, cluster, claims, scalers] = await Promise.all([
    readWorkload(connection, spot, signal),
    connection.identity(signal),
    readClaims(connection, spot, signal),
    readScalers({ ...spot, rights: RIGHTS }, context),
  ])
  const from = standing(workload, spot, scalers.autoscaler !== undefined, context)
  const ended = hasEnded(workload, spot)
  const to = ended ? from : goal(step, spot, from, context)
  const there = to.scale === from.scale
  const already = ended ? 'has ended, and never runs again' : `is at ${spoken(from.scale)} already`
  const owner = scalers.owner ?? lenient(ownerOf(spot.kind, workload, claims), spot)
  return {
    summary: there
      ? `${spot.workload} in ${spot.namespace} ${already}`
      : `${spot.workload} in ${spot.namespace}: ${spoken(from.scale)} → ${spoken(to.scale)}`,
    object: `kubernetes/${cluster}/${spot.namespace}/scale/${spot.workload}`,
    from,
    to,
    changes: there ? [] : [{ path: pathOf(spot), from: String(from.scale), to: String(to.scale) }],
    reversible: true,
    warnings: [
      ...ownershipWarnings(owner, spot.kind, spot, step.force),
      ...(there ? [{ code: 'ALREADY_THERE', message: `${spot.workload} ${already}` }] : []),
      ...scalerWarnings(scalers, spot),
      ...notChecked([...claims.unread, ...scalers.unread]),
    ],
    limits: { apply: APPLY_LIMIT, verify: verifyLimit(workload, spot, to) },
    ...(to.scale === zeroOf(spot) && !there && { impact: [`${spot.workload} does nothing until it is brought back`] }),
  }
}

function pathOf(spot: Spot): string {
  return isSuspended(spot) ? 'suspend' : 'replicas'
}

/** A CronJob never writes to a Job that it has started, so it takes back nothing. */
function lenient(owner: ReturnType<typeof ownerOf>, { kind }: Spot): ReturnType<typeof ownerOf> {
  if (kind === 'Job' && owner?.system === 'CronJob') return undefined
  return withoutHelm(owner)
}

function standing(workload: Workload, spot: Spot, autoscaled: boolean, context: CallContext): ScaleState {
  if (context.assumed) return parseState(context.assumed)
  const { uid, annotations } = workload.metadata
  const scale = scaleOf(workload, spot)
  if (scale !== zeroOf(spot)) return { uid, scale: autoscaled ? 'autoscaled' : scale }
  const before = parseMark(annotations?.[SCALED_FROM])
  return { uid, scale, ...(before !== undefined && { before }) }
}

function goal(step: KubernetesScaleStep, spot: Spot, from: ScaleState, { towards }: CallContext): ScaleState {
  const zero = zeroOf(spot)
  if (towards) return sameObject(parseState(towards), from, spot)
  if (step.to === 'zero') return from.scale === zero ? from : { uid: from.uid, scale: zero, before: from.scale }
  if (from.scale === zero && from.before !== undefined) return { uid: from.uid, scale: from.before }
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `nothing remembers a scale of ${spot.workload} in ${spot.namespace} to bring back: no step took it to zero. Scale it by hand, or take it to zero by a step first`,
  )
}

function sameObject(state: ScaleState, { uid }: ScaleState, { workload }: Spot): ScaleState {
  if (state.uid === uid) return state
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${workload} was deleted and made anew since the state was recorded; scale the new one by hand`,
  )
}

function verifyLimit({ spec }: Workload, { kind }: Spot, to: ScaleState): number {
  if (kind === 'CronJob') return LONGEST_JOB
  if (to.scale !== 0) return LONGEST_START
  return APPLY_LIMIT * 2 + 1_000 * (spec.template?.spec?.terminationGracePeriodSeconds ?? GRACE)
}
