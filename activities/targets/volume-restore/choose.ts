import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import { MARKS } from '../../kubernetes/volumes/marks.ts'
import type { Claim, Snapshot } from '../../kubernetes/volumes/objects.ts'
import type { Ground } from '../../kubernetes/volumes/resources.ts'
import { momentOf, snapshotsOf } from '../../kubernetes/volumes/snapshots.ts'
import type { VolumeRestoreStep } from './schema.ts'

/** A claim, and the snapshot that its volume is made anew of. */
export interface Chosen {
  claim: Claim
  snapshot: Snapshot
}

/**
 * One snapshot for each claim, as the step says; by `at` none that this very run has taken, since it holds what is to be
 * left. Throws NO_ROLLBACK_TARGET for a claim that has none that fits.
 */
export async function choose(
  ground: Ground,
  step: VolumeRestoreStep,
  claims: Claim[],
  { rollbackId }: Pick<CallContext, 'rollbackId'>,
): Promise<Chosen[]> {
  const names = claims.map(({ metadata }) => metadata.name)
  const all = await snapshotsOf(ground, names)
  const found = step.snapshots
    ? all
    : all.filter(({ metadata }) => metadata.annotations?.[MARKS.rollback] !== rollbackId)
  refuseUnknown(step, found)
  return claims.map((claim) => {
    const { name } = claim.metadata
    const fitting = found.filter((one) => one.spec.source.persistentVolumeClaimName === name && fits(step, one))
    const snapshot = fitting.find(({ status }) => status?.readyToUse === true)
    if (snapshot) return { claim, snapshot }
    const others = fitting.map(({ metadata, status }) => `${metadata.name} (${status?.error?.message ?? 'not ready'})`)
    const but = others.length > 0 ? `; not ready: ${others.slice(0, 5).join(', ').slice(0, 500)}` : ''
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `there is no snapshot of claim ${name} in ${ground.namespace} ${asAsked(step)} that can be restored from${but}`,
    )
  })
}

/** Throws TARGET_REJECTED when more would be lost than the step allows. */
export function refuseLoss({ maxLoss }: VolumeRestoreStep, moments: readonly string[], untouched: boolean): void {
  const lost = spanOf(moments, Date.now())
  if (maxLoss === undefined || lost * 1_000 <= milliseconds(maxLoss)) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `going back loses ${lost} s of writes (snapshot of ${moments.toSorted()[0]}), more than the ${maxLoss} that the step allows; raise maxLoss or choose a later snapshot`,
    { untouched },
  )
}

/** Seconds from the oldest of these moments to that one. */
export function spanOf(moments: readonly string[], until: number): number {
  return Math.max(0, ...moments.map((moment) => Math.round((until - Date.parse(moment)) / 1_000)))
}

function fits({ at, snapshots }: VolumeRestoreStep, snapshot: Snapshot): boolean {
  if (snapshots) return snapshots.includes(snapshot.metadata.name)
  return at === 'latest' || Date.parse(momentOf(snapshot)) <= Date.parse(at)
}

function refuseUnknown({ snapshots }: VolumeRestoreStep, found: Snapshot[]): void {
  const unknown = snapshots?.filter((name) => !found.some(({ metadata }) => metadata.name === name)) ?? []
  if (unknown.length === 0) return
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${unknown.join(', ')}: no such VolumeSnapshot of a claim of this StatefulSet; see kubectl get volumesnapshots`,
  )
}

function asAsked({ at, snapshots }: VolumeRestoreStep): string {
  if (snapshots) return `among ${snapshots.join(', ')}`
  return at === 'latest' ? 'at all' : `of ${at} or before`
}
