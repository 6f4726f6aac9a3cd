import type { DBInstance } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { byName, tag, tagOf } from '../../aws/instances.ts'
import { derived, TAGS } from '../../aws/names.ts'
import { expanded, runName } from '../../run-names.ts'
import { unsettled } from '../../aws/settled.ts'
import { finish, onTheMove } from './ending.ts'
import { open } from './groups.ts'
import { lossOf } from './loss.ts'
import { type Pair, pairOf } from './pair.ts'
import { pointerOf } from './pointers/pointer.ts'
import { redirect } from './redirect.ts'
import { rename } from './rename.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

/** Who leaves the name, who shall have it, and who has it now. */
interface Scene extends Pair {
  name: string
  /** What the one that leaves is called from then on. */
  aside: string
  holder: DBInstance | undefined
}

/**
 * One step onwards, the same forwards and back: the one that comes gets the groups of the one that leaves, the one that
 * leaves is renamed away and seen at rest there, and only then the other one is renamed in. Between any two of these
 * steps the name leads to one instance or to none.
 */
export async function apply(
  step: RdsPromoteStep,
  move: Move<PromotionState>,
  context: CallContext<Aws>,
): Promise<{ state: PromotionState } | Again> {
  const { connection } = context
  const pointer = await pointerOf(step, connection)
  if (pointer) return redirect(pointer, step, move, context)
  const scene = await look(step, move, context)
  const { name, leaving, aside, coming, holder } = scene
  // The three were read one after the other, and a rename may have ended in between.
  const there = coming.DBInstanceIdentifier === name || holder?.DbiResourceId === coming.DbiResourceId
  if (there) return finish(step, move.to, { ...scene, called: name }, context)
  if (holder && holder.DbiResourceId !== leaving.DbiResourceId) throw elsewhere(scene, context)
  if (holder) return leave(step, scene, context)
  const waiting =
    unsettled(connection, leaving, aside) ?? unsettled(connection, coming, coming.DBInstanceIdentifier ?? '')
  if (waiting) return waiting
  // What a restore has made is deleted when the run is taken back, unless it serves.
  const marked =
    coming.DbiResourceId !== move.to.candidate ||
    (await tag(connection, coming.DBInstanceArn, { [TAGS.serves]: name, [TAGS.served]: name }, context.signal))
  return marked ? rename(coming, name, context) : onTheMove(coming, connection)
}

async function look(step: RdsPromoteStep, move: Move<PromotionState>, context: CallContext<Aws>): Promise<Scene> {
  const { name } = move.to
  const [{ leaving, coming }, holder] = await Promise.all([
    pairOf(move, context),
    byName(context.connection, name, context.signal),
  ])
  return { name, leaving, aside: asideOf(step, leaving, move.to, context.rollbackId), coming, holder }
}

/** The candidate goes back to the name that it came with; the old instance gets one that says so. */
function asideOf(step: RdsPromoteStep, leaving: DBInstance, { name, candidate }: PromotionState, rollbackId: string) {
  if (leaving.DbiResourceId !== candidate) return expanded(derived(name, 'old'), rollbackId)
  const named = typeof step.candidate === 'string' ? step.candidate.toLowerCase() : undefined
  return tagOf(leaving, TAGS.candidate) ?? named ?? expanded(derived(name, 'rb'), rollbackId)
}

/** Before the first rename: nothing is lost that was not agreed to, both are at rest, and the other one can take over. */
async function leave(step: RdsPromoteStep, scene: Scene, context: CallContext<Aws>): Promise<Again> {
  const { connection, signal, rollbackId } = context
  const { name, leaving, aside, coming } = scene
  lossOf(step, coming, new Date().toISOString())
  const waiting =
    unsettled(connection, coming, coming.DBInstanceIdentifier ?? '') ??
    (await open(scene, context)) ??
    unsettled(connection, leaving, name)
  if (waiting) return waiting
  const mark = { [TAGS.aside]: `${runName(rollbackId)} ${new Date().toISOString()}` }
  const marked = await tag(connection, leaving.DBInstanceArn, mark, signal)
  return marked ? rename(leaving, aside, context) : onTheMove(leaving, connection)
}

/** Somebody else gave the name to another instance. */
function elsewhere({ name, leaving, holder }: Scene, { rollbackId }: CallContext<Aws>): UnwindError {
  const untouched = !tagOf(leaving, TAGS.aside)?.startsWith(runName(rollbackId))
  return new UnwindError(
    'PLAN_STALE',
    `${name} is ${holder?.DbiResourceId} now, and ${leaving.DbiResourceId} was planned from; what somebody changed is kept. Plan again`,
    { untouched },
  )
}
