import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import type { Ground } from '../../kubernetes/volumes/resources.ts'
import { groundOf, spotOf } from '../../kubernetes/volumes/stateful-set.ts'
import { refuseLoss, spanOf } from './choose.ts'
import { keep, unkeep } from './keep.ts'
import { make } from './make.ts'
import { RIGHTS } from './plan.ts'
import { emptied, filled } from './scale.ts'
import { isBegun, isBound, look, type Pair, type Scene } from './scene.ts'
import type { VolumeRestoreStep } from './schema.ts'
import type { RestoreState } from './state.ts'
import { putAside, swap } from './swap.ts'

const LOOK = 500

/**
 * One step onwards, the same forwards and back, for all claims at once: the new volumes are made beside the old ones;
 * both are kept from being deleted; the pods end; the claims change hands; the pods come back; the other volumes get
 * claims of their own. Every stage reads whether it is done already, so that whoever takes over goes on where it stands.
 */
export async function apply(
  step: VolumeRestoreStep,
  move: Move<RestoreState>,
  context: CallContext<Cluster>,
): Promise<{ state: RestoreState } | Again> {
  const spot = spotOf(step)
  const ground = groundOf(spot, context, RIGHTS)
  await context.connection.identity(context.signal)
  const scene = await look(ground, spot, move, context)
  const doing = (await exchange(step, ground, scene, context)) ?? (await settle(ground, scene, context))
  return doing === undefined ? { state: arrived(move.to, scene.pairs) } : { again: LOOK, doing }
}

/** Until every claim has the volume that it shall have. */
async function exchange(step: VolumeRestoreStep, ground: Ground, { set, pairs }: Scene, context: CallContext) {
  const open = pairs.filter(({ serving, coming }) => !isBound(serving, coming))
  if (open.length === 0) return undefined
  // Making the volumes may take hours, while the pods go on writing.
  if ((set.spec.replicas ?? 1) > 0) refuseLoss(step, momentsOf(pairs), !open.some((pair) => isBegun(pair, context)))
  return (
    (await each(open, (pair) => make(ground, pair, set, context))) ??
    (await each(open, (pair) => keep(ground, pair, context))) ??
    (await emptied(ground, set, context)) ??
    (await each(open, (pair) => swap(ground, pair)))
  )
}

/** Pods first: whatever is left to tidy up need not keep anybody waiting. */
async function settle(ground: Ground, { set, pairs }: Scene, context: CallContext) {
  return (
    (await filled(ground, set, context)) ??
    (await each(pairs, (pair) => putAside(ground, pair, context))) ??
    (await each(pairs, ({ coming }) => unkeep(ground, coming)))
  )
}

/** One write for each, together. Answers the first of what is being done. */
async function each(pairs: Pair[], one: (pair: Pair) => Promise<string | undefined>): Promise<string | undefined> {
  return (await Promise.all(pairs.map(one))).find((doing) => doing !== undefined)
}

/** What was lost is counted to the moment when the new claim was made: by then the pods had ended. */
function arrived({ uid, claims }: RestoreState, pairs: Pair[]): RestoreState {
  const lost = pairs.flatMap(({ wanted, serving }) => {
    const { snapshot } = wanted
    return snapshot ? spanOf([snapshot.takenAt], Date.parse(serving?.metadata.creationTimestamp ?? '')) : []
  })
  const volumes = new Map(pairs.map(({ name, coming }) => [name, coming?.metadata.name] as const))
  return {
    uid,
    claims: claims.map((one) => ({ ...one, volume: volumes.get(one.claim) })),
    ...(lost.length > 0 && { lossSeconds: Math.max(...lost) }),
  }
}

function momentsOf(pairs: Pair[]): string[] {
  return pairs.flatMap(({ wanted }) => wanted.snapshot?.takenAt ?? [])
}
