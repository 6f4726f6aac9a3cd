import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import type { Held } from '../../aws/held.ts'
import { derived, TAGS } from '../../aws/names.ts'
import { tag, tagOf } from '../../aws/tags.ts'
import { expanded, runName } from '../../run-names.ts'
import { unsettled } from '../../aws/settled.ts'
import { finish, onTheMove } from './ending.ts'
import { open } from './groups.ts'
import { lossOf } from './loss.ts'
import { type Pair, pairOf } from './pair.ts'
import { refuseOpened } from './opened.ts'
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
  holder: Held | undefined
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
  const there = coming.name === name || holder?.id === coming.id
  if (there) return finish(step, move.to, { ...scene, called: name }, context)
  if (holder && holder.id !== leaving.id) throw elsewhere(scene, context)
  if (holder) return leave(step, move.to, scene, context)
  const waiting = bothUnsettled(scene, aside, connection)
  if (waiting) return waiting
  // What a restore has made is deleted when the run is taken back, unless it serves.
  const marked =
    coming.id !== move.to.candidate ||
    (await tag(connection, coming.arn, { [TAGS.serves]: name, [TAGS.served]: name }, context.signal))
  return marked ? rename(step, coming, name, context) : onTheMove(coming, connection)
}

async function look(step: RdsPromoteStep, move: Move<PromotionState>, context: CallContext<Aws>): Promise<Scene> {
  const { name } = move.to
  const [{ leaving, coming }, holder] = await Promise.all([
    pairOf(step, move, context),
    familyOf(step).byName(context.connection, name, context.signal),
  ])
  return { name, leaving, aside: asideOf(step, leaving, move.to, context.rollbackId), coming, holder }
}

/** The candidate goes back to the name that it came with; the old instance gets one that says so. */
function asideOf(step: RdsPromoteStep, leaving: Held, { name, candidate }: PromotionState, rollbackId: string) {
  if (leaving.id !== candidate) return expanded(derived(name, 'old'), rollbackId)
  const named = typeof step.candidate === 'string' ? step.candidate.toLowerCase() : undefined
  return tagOf(leaving, TAGS.candidate) ?? named ?? expanded(derived(name, 'rb'), rollbackId)
}

/** Before the first rename: nothing is lost that was not agreed to, both are at rest, and the other one can take over. */
async function leave(
  step: RdsPromoteStep,
  to: PromotionState,
  scene: Scene,
  context: CallContext<Aws>,
): Promise<Again> {
  const { connection, signal, rollbackId } = context
  const { name, leaving, aside, coming } = scene
  refuseOpened(leaving, context)
  lossOf(step, coming, new Date().toISOString())
  const waiting = bothUnsettled(scene, name, connection) ?? (await open(step, to, scene, context))
  if (waiting) return waiting
  const mark = { [TAGS.aside]: `${runName(rollbackId)} ${new Date().toISOString()}` }
  const marked = await tag(connection, leaving.arn, mark, signal)
  return marked ? rename(step, leaving, aside, context) : onTheMove(leaving, connection)
}

/** Looks at both each time, so that the one's rest is made sure of while the other one is waited for. */
function bothUnsettled({ leaving, coming }: Pair, called: string, connection: Aws): Again | undefined {
  const [first, second] = [unsettled(connection, leaving, called), unsettled(connection, coming, coming.name)]
  return first ?? second
}

/** Somebody else gave the name to another instance. */
function elsewhere({ name, leaving, holder }: Scene, { rollbackId }: CallContext<Aws>): UnwindError {
  const untouched = !tagOf(leaving, TAGS.aside)?.startsWith(runName(rollbackId))
  return new UnwindError(
    'PLAN_STALE',
    `${name} is ${holder?.id} now, and ${leaving.id} was planned from; what somebody changed is kept. Plan again`,
    { untouched },
  )
}
