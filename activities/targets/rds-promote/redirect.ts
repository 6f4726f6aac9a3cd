import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { tag, tagOf } from '../../aws/tags.ts'
import { runName } from '../../run-names.ts'
import { unsettled } from '../../aws/settled.ts'
import { finish, onTheMove } from './ending.ts'
import { open } from './groups.ts'
import { lossOf } from './loss.ts'
import { refuseOpened } from './opened.ts'
import { type Pair, pairOf } from './pair.ts'
import type { Pointer, Sight } from './pointers/pointer.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

/**
 * One step onwards, the same forwards and back, where something leads applications to a database: the one that comes gets
 * the groups of the one that leaves, both bear the marks of the run, and only then the pointer is turned. Both
 * keep their names.
 */
export async function redirect(
  pointer: Pointer,
  step: RdsPromoteStep,
  move: Move<PromotionState>,
  context: CallContext<Aws>,
): Promise<{ state: PromotionState } | Again> {
  const [pair, sight] = await Promise.all([pairOf(step, move, context), pointer.look(context)])
  const { coming } = pair
  const called = coming.name
  if (sight.leadsTo(coming)) return sight.waiting?.() ?? finish(step, move.to, { ...pair, called }, context)
  refuseElsewhere(pointer, sight, pair, context)
  refuseOpened(pair.leaving, context)
  lossOf(step, coming, new Date().toISOString())
  const waiting = unsettled(context.connection, coming, called) ?? (await open(step, move.to, pair, context))
  if (waiting) return waiting
  refuseOtherPort(pointer, pair)
  const marks = [
    ...(isAside(pair.leaving, context.rollbackId) ? [] : [[pair.leaving, TAGS.aside, asideNow(context)] as const]),
    // What a restore has made is deleted when the run is taken back, unless it serves.
    ...(coming.id === move.to.candidate
      ? ([TAGS.served, TAGS.serves] as const).map((key) => [coming, key, pointer.name] as const)
      : []),
  ]
  return (await unmarked(marks, context)) ?? sight.turn(pair, context)
}

async function unmarked(
  marks: (readonly [Held, string, string])[],
  { connection, signal }: CallContext<Aws>,
): Promise<Again | undefined> {
  for (const [of, key, value] of marks) {
    if (tagOf(of, key) === value) continue
    if (!(await tag(connection, of.arn, { [key]: value }, signal))) return onTheMove(of, connection)
  }
  return undefined
}

function asideNow({ rollbackId }: CallContext): string {
  return `${runName(rollbackId)} ${new Date().toISOString()}`
}

/** Leading nowhere is a step of ours only where the instance bears the mark of this run. */
function refuseElsewhere(
  { name }: Pointer,
  { leadsTo, shown }: Sight,
  { leaving }: Pair,
  { rollbackId }: CallContext<Aws>,
): void {
  if (leadsTo(leaving) || (shown === '' && isAside(leaving, rollbackId))) return
  throw new UnwindError(
    'PLAN_STALE',
    `${name} leads to ${shown || 'nothing'} now, and ${leaving.name} was planned from; what somebody changed is kept. Plan again`,
    { untouched: !isAside(leaving, rollbackId) },
  )
}

function isAside(leaving: Held, rollbackId: string): boolean {
  return tagOf(leaving, TAGS.aside)?.startsWith(`${runName(rollbackId)} `) === true
}

/** What leads applications there tells them no other port. */
function refuseOtherPort({ name }: Pointer, { leaving, coming }: Pair): void {
  const [old, next] = [leaving.port, coming.port]
  if (old === next) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `${coming.name} listens on port ${next}, and whoever follows ${name} expects ${old}; restore to that port`,
  )
}
