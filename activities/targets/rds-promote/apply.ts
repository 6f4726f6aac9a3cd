import type { DBInstance } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { byId, byName, tag, tagOf, untag } from '../../aws/instances.ts'
import { derived, expanded, runName, TAGS } from '../../aws/names.ts'
import { unsettled } from '../../aws/settled.ts'
import { open, shut } from './groups.ts'
import { lossOf } from './loss.ts'
import { rename } from './rename.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

/** Who has the name, who shall have it, and who has it now. */
export interface Scene {
  name: string
  /** What leaves the name, and what it is called from then on. */
  leaving: DBInstance
  aside: string
  coming: DBInstance
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
  const scene = await look(step, move, context)
  const { name, leaving, aside, coming, holder } = scene
  // The three were read one after the other, and a rename may have ended in between.
  const there = coming.DBInstanceIdentifier === name || holder?.DbiResourceId === coming.DbiResourceId
  if (there) return finish(step, move, scene, context)
  if (holder && holder.DbiResourceId !== leaving.DbiResourceId) throw elsewhere(scene, context)
  if (holder) return leave(step, scene, context)
  const waiting =
    unsettled(connection, leaving, aside) ?? unsettled(connection, coming, coming.DBInstanceIdentifier ?? '')
  if (waiting) return waiting
  const marked = await tag(connection, coming.DBInstanceArn, { [TAGS.serves]: name }, context.signal)
  return marked ? rename(coming, name, context) : onTheMove(coming, connection)
}

async function look(
  step: RdsPromoteStep,
  { from, to }: Move<PromotionState>,
  context: CallContext<Aws>,
): Promise<Scene> {
  const { connection, rollbackId, signal } = context
  const [leaving, coming, holder] = await Promise.all([
    byId(connection, from.serving, signal),
    byId(connection, to.serving, signal),
    byName(connection, to.name, signal),
  ])
  if (!leaving || !coming) {
    const gone = leaving ? to.serving : from.serving
    throw new UnwindError(
      'TARGET_NOT_FOUND',
      `instance ${gone} is not there any more; both are needed to change places`,
    )
  }
  return { name: to.name, leaving, aside: asideOf(step, leaving, to, rollbackId), coming, holder }
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

function onTheMove({ DBInstanceIdentifier }: DBInstance, { poll }: Aws): Again {
  return { again: poll, doing: `${DBInstanceIdentifier} is on the move; looks again` }
}

/** It has the name: seen at rest, the other one shut where it has a quarantine, and the marks as they should be. */
async function finish(
  step: RdsPromoteStep,
  { to }: Move<PromotionState>,
  { name, leaving, coming }: Scene,
  { connection, signal }: CallContext<Aws>,
): Promise<{ state: PromotionState } | Again> {
  const waiting = unsettled(connection, coming, name) ?? (await shut(leaving, { connection, signal }))
  if (waiting) return waiting
  const stale = [
    ...(tagOf(leaving, TAGS.serves) === undefined ? [] : [[leaving, TAGS.serves] as const]),
    ...(tagOf(coming, TAGS.aside) === undefined ? [] : [[coming, TAGS.aside] as const]),
  ]
  for (const [of, key] of stale)
    if (!(await untag(connection, of.DBInstanceArn, [key], signal))) return onTheMove(of, connection)
  const [, since] = (tagOf(leaving, TAGS.aside) ?? '').split(' ')
  const loss = lossOf(step, coming, since)
  const { serving, standby, candidate } = to
  return { state: { name, serving, standby, candidate, ...(loss !== undefined && { lossSeconds: loss }) } }
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
