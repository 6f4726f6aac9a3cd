import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Move } from '../../../model/target.ts'
import { runName } from '../../run-names.ts'
import { MARKS } from '../../kubernetes/volumes/marks.ts'
import type { Claim, StatefulSet, Volume } from '../../kubernetes/volumes/objects.ts'
import { all, find, type Ground } from '../../kubernetes/volumes/resources.ts'
import { readStatefulSet, type Spot } from '../../kubernetes/volumes/stateful-set.ts'
import type { RestoreState, Serving } from './state.ts'

/** One claim of the StatefulSet and the two volumes that change places under it. */
export interface Pair {
  /** The name that the StatefulSet expects, and that of the claim by which the other volume is kept. */
  name: string
  standby: string
  wanted: Serving
  /** The volume that shall serve; undefined until it is made. */
  coming: Volume | undefined
  leaving: Volume | undefined
  /** The claims of the two names. */
  serving: Claim | undefined
  kept: Claim | undefined
}

/** Everything that a step onwards depends on, as it is now. */
export interface Scene {
  set: StatefulSet
  pairs: Pair[]
}

/** Reads it. Throws PLAN_STALE where somebody else has put something in the place of what was planned from. */
export async function look(ground: Ground, spot: Spot, move: Move<RestoreState>, context: CallContext): Promise<Scene> {
  const labelSelector = `${MARKS.run}=${runName(context.rollbackId)}`
  const [set, marked] = await Promise.all([
    readStatefulSet(ground, spot),
    all<Volume>(ground, 'persistentvolumes', { labelSelector }),
  ])
  const pairs = await Promise.all(
    move.to.claims.map((wanted) => {
      const left = move.from.claims.find(({ claim }) => claim === wanted.claim) ?? { claim: wanted.claim }
      return pairOf(ground, wanted, left, marked, context)
    }),
  )
  const untouched = !pairs.some((pair) => isBegun(pair, context))
  if (set.metadata.uid !== move.to.uid) throw stale(`${spot.workload} was deleted and made anew`, untouched)
  for (const pair of pairs) refuseElsewhere(ground, pair, context, untouched)
  return { set, pairs }
}

/** Whether this rollback has written anything for the pair. */
export function isBegun({ coming, leaving, kept }: Pair, { rollbackId }: Pick<CallContext, 'rollbackId'>): boolean {
  return [coming, leaving, kept].some((one) => one?.metadata.annotations?.[MARKS.rollback] === rollbackId)
}

/** Bound by both sides: only then a pod may use it (Persistent Volumes, binding). */
export function isBound(claim: Claim | undefined, volume: Volume | undefined): boolean {
  if (!claim || !volume || claim.metadata.deletionTimestamp) return false
  return claim.spec.volumeName === volume.metadata.name && claim.status?.phase === 'Bound'
}

async function pairOf(
  ground: Ground,
  wanted: Serving,
  left: Serving,
  marked: Volume[],
  { rollbackId }: CallContext,
): Promise<Pair> {
  const name = wanted.claim
  const own = `${name}-rb-${runName(rollbackId)}`
  const [serving, candidate] = await Promise.all([claimOf(ground, name), claimOf(ground, own)])
  // The other one may have been made of the same snapshot, by an earlier run.
  const others = marked.filter(({ metadata }) => ![wanted.volume, left.volume].includes(metadata.name))
  const volumeOf = (one: Serving) => {
    if (one.volume) return find<Volume>(ground, 'persistentvolumes', one.volume)
    return one.snapshot ? madeOf(ground, one, one.snapshot.uid, others, candidate) : undefined
  }
  const [coming, leaving] = await Promise.all([volumeOf(wanted), volumeOf(left)])
  const standby = coming?.metadata.annotations?.[MARKS.standby] ?? own
  const kept = standby === own ? candidate : await claimOf(ground, standby)
  return { name, standby, wanted, coming, leaving, serving, kept }
}

function claimOf(ground: Ground, name: string): Promise<Claim | undefined> {
  return find<Claim>(ground, 'persistentvolumeclaims', name)
}

/** What this rollback has made of a snapshot: known by its marks once it moves, and before that by its claim. */
async function madeOf(
  ground: Ground,
  { claim }: Serving,
  snapshot: string,
  marked: Volume[],
  candidate: Claim | undefined,
): Promise<Volume | undefined> {
  const serves = `${ground.namespace}/${claim}`
  const made = marked.find(({ metadata: { annotations } }) => {
    return annotations?.[MARKS.serves] === serves && annotations[MARKS.restoredFrom] === snapshot
  })
  if (made) return made
  const ours = candidate?.metadata.annotations?.[MARKS.restoredFrom] === snapshot
  if (!ours || candidate.status?.phase !== 'Bound') return undefined
  return find<Volume>(ground, 'persistentvolumes', candidate.spec.volumeName ?? '')
}

function refuseElsewhere({ namespace }: Ground, pair: Pair, context: CallContext, untouched: boolean): void {
  const { name, standby, wanted, coming, leaving, serving, kept } = pair
  const volumes = [coming, leaving].flatMap((volume) => volume?.metadata.name ?? [])
  const has = serving?.spec.volumeName
  if (serving && (has === undefined || !volumes.includes(has)))
    throw stale(`claim ${name} in ${namespace} has ${has ?? 'no volume yet'}, which was not planned from`, untouched)
  if (!serving && !isBegun(pair, context)) throw stale(`claim ${name} in ${namespace} is gone`, untouched)
  if (!coming && wanted.volume) throw stale(`volume ${wanted.volume} of ${name} is gone`, untouched)
  const reserved = coming?.spec.claimRef?.name
  if (coming && reserved !== undefined && ![name, standby].includes(reserved))
    throw stale(
      `volume ${coming.metadata.name} belongs to claim ${reserved}, which uses it for something else`,
      untouched,
    )
  const strange = kept && !volumes.includes(kept.spec.volumeName ?? '')
  if (strange && kept.metadata.annotations?.[MARKS.rollback] !== context.rollbackId)
    throw new UnwindError(
      'TARGET_REJECTED',
      `a claim ${standby} is in ${namespace} already, and this rollback did not make it; delete or rename it, then retry`,
      { untouched },
    )
}

function stale(what: string, untouched: boolean): UnwindError {
  return new UnwindError('PLAN_STALE', `${what}; what somebody changed is kept. Plan again`, { untouched })
}
