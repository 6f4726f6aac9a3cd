import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision, Warning } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { notChecked, ownerOf, ownershipWarnings, readClaims, withoutHelm } from '../../kubernetes/owner.ts'
import { readScalers, scalerWarnings } from '../../kubernetes/scalers.ts'
import { historyOf } from '../../kubernetes/volumes/history.ts'
import type { Claim, StatefulSet, Volume } from '../../kubernetes/volumes/objects.ts'
import { find, type Ground } from '../../kubernetes/volumes/resources.ts'
import { momentOf } from '../../kubernetes/volumes/snapshots.ts'
import { claimsOf, groundOf, readStatefulSet, type Spot, spotOf } from '../../kubernetes/volumes/stateful-set.ts'
import { type Chosen, choose, refuseLoss, spanOf } from './choose.ts'
import type { VolumeRestoreStep } from './schema.ts'
import { parseState, type RestoreState, type Serving } from './state.ts'

/** The manifest with the rights of this kind. */
export const RIGHTS = 'docs/rbac/volume-restore/operator.yaml'

/** Drivers that copy the whole of a snapshot need hours for terabytes. */
const LIMIT = 4 * 60 * 60_000
const VERIFY_LIMIT = 20 * 60_000
/** Snapshots of one StatefulSet that are further apart than this may hold states that never were together. */
const APART = 60

export function history(step: VolumeRestoreStep, context: CallContext<Cluster>): Promise<Revision[]> {
  return historyOf(step, context, RIGHTS)
}

/** Which claims would get new volumes, of which snapshots, and what is lost. Reads only. */
export async function plan(step: VolumeRestoreStep, context: CallContext<Cluster>): Promise<Plan<RestoreState>> {
  const spot = spotOf(step)
  const { connection, signal, towards, assumed } = context
  const ground = groundOf(spot, context, RIGHTS)
  const [set, cluster, owners, scalers] = await Promise.all([
    readStatefulSet(ground, spot),
    connection.identity(signal),
    readClaims(connection, spot, signal),
    readScalers({ ...spot, kind: 'StatefulSet', rights: RIGHTS }, context),
  ])
  if (assumed)
    throw new UnwindError(
      'INVALID_REQUEST',
      `two steps of one run restore the volumes of ${spot.workload}; leave one out`,
    )
  refuseDeleting(set, spot)
  const owner = scalers.owner ?? withoutHelm(ownerOf('StatefulSet', set, owners))
  const owned = ownershipWarnings(owner, 'StatefulSet', spot, step.force)
  const claims = await claimsOf(ground, spot, set)
  const from = {
    uid: set.metadata.uid,
    claims: claims.map(({ metadata, spec }) => ({ claim: metadata.name, volume: spec.volumeName })),
  }
  const next = towards
    ? await recorded(ground, from, parseState(towards))
    : await restored(ground, step, from, claims, context)
  return {
    summary: `${spot.workload} in ${spot.namespace}: new volumes for ${from.claims.map(({ claim }) => claim).join(', ')}`,
    object: `kubernetes/${cluster}/${spot.namespace}/volumes/${spot.workload}`,
    from,
    reversible: true,
    limits: { apply: LIMIT, verify: VERIFY_LIMIT },
    data: true,
    ...next,
    warnings: [
      ...owned,
      ...next.warnings,
      ...scalerWarnings(scalers, spot),
      ...notChecked([...owners.unread, ...scalers.unread]),
    ],
    impact: impactOf(spot, set),
  }
}

type Next = Pick<Plan<RestoreState>, 'to' | 'changes' | 'warnings' | 'lost'> & { summary?: string }

async function restored(
  ground: Ground,
  step: VolumeRestoreStep,
  from: RestoreState,
  claims: Claim[],
  context: CallContext,
): Promise<Next> {
  const chosen = await choose(ground, step, claims, context)
  const moments = chosen.map(({ snapshot }) => momentOf(snapshot))
  refuseLoss(step, moments, true)
  return {
    to: { uid: from.uid, claims: chosen.map(servingOf) },
    changes: chosen.map((one) => ({
      path: one.claim.metadata.name,
      from: `volume ${one.claim.spec.volumeName}`,
      to: described(one),
    })),
    warnings: apart(moments),
    lost: chosen.map(({ claim, snapshot }) => {
      const moment = momentOf(snapshot)
      return `what was written to ${claim.metadata.name} after ${moment}: ${spanOf([moment], Date.now())} s by now, exact once the pods have ended`
    }),
  }
}

function servingOf({ claim, snapshot }: Chosen): Serving {
  const { name, uid } = snapshot.metadata
  return { claim: claim.metadata.name, snapshot: { name, uid, takenAt: momentOf(snapshot) } }
}

function described({ claim, snapshot }: Chosen): string {
  const { spec } = claim
  const size = claim.status?.capacity?.storage ?? spec.resources?.requests?.storage ?? 'unknown size'
  const by = snapshot.spec.volumeSnapshotClassName ?? 'none'
  return `a new volume (${size}, storage class ${spec.storageClassName ?? 'none'}) of snapshot ${snapshot.metadata.name} (class ${by}, taken at ${momentOf(snapshot)})`
}

function apart(moments: string[]): Warning[] {
  const [first = '', last = ''] = [moments.toSorted()[0], moments.toSorted().at(-1)]
  const span = spanOf([first], Date.parse(last))
  if (span <= APART) return []
  const message = `the snapshots were taken up to ${span} s apart (${first} to ${last}): what the replicas hold may never have been together`
  return [{ code: 'SNAPSHOTS_APART', message, confirm: true }]
}

/** Towards what an earlier run left: the volumes that served then, as long as each of them is still kept. */
async function recorded(ground: Ground, from: RestoreState, state: RestoreState): Promise<Next> {
  const claims = state.claims.map(({ claim, volume }) => ({ claim, volume }))
  for (const { claim, volume } of claims)
    if (!volume || !(await find<Volume>(ground, 'persistentvolumes', volume)))
      throw new UnwindError(
        'NO_ROLLBACK_TARGET',
        `volume ${volume ?? '(unknown)'}, which ${claim} had then, is not there any more`,
      )
  if (state.uid !== from.uid || claims.some(({ claim }) => !from.claims.some((one) => one.claim === claim)))
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      'the StatefulSet or its claims were made anew since the state was recorded; give it the volumes by hand',
    )
  const present = new Map(from.claims.map(({ claim, volume }) => [claim, volume] as const))
  const moved = claims.filter(({ claim, volume }) => present.get(claim) !== volume)
  return {
    to: { uid: from.uid, claims },
    changes: moved.map(({ claim, volume }) => ({
      path: claim,
      from: `volume ${present.get(claim)}`,
      to: `volume ${volume}`,
    })),
    warnings: [],
    lost: moved.map(({ claim, volume }) => `what was written to ${claim} since it has another volume than ${volume}`),
    summary:
      moved.length > 0
        ? `the earlier volumes back for ${moved.map(({ claim }) => claim).join(', ')}`
        : 'nothing to do: the claims have these volumes already',
  }
}

/** Scaled to zero, such a StatefulSet deletes the very claims that are to be kept (StatefulSets, PVC retention). */
function refuseDeleting({ spec }: StatefulSet, { workload, namespace }: Spot): void {
  if (spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return
  throw new UnwindError(
    'TARGET_REJECTED',
    `${workload} in ${namespace} deletes its claims when it is scaled down; set persistentVolumeClaimRetentionPolicy.whenScaled to Retain first`,
  )
}

function impactOf({ workload }: Spot, { spec }: StatefulSet): string[] {
  return [
    `the new volumes are made while ${workload} (${spec.replicas ?? 1} replicas) goes on; then it has no pod until they have changed places`,
    'the present volumes are kept: policy Retain, under claims of another name, paid for until somebody deletes them',
    'going back is possible at any time, and loses what was written after the change',
  ]
}
