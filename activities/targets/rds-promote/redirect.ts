import type { DBInstance } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { tag, tagOf } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { runName } from '../../run-names.ts'
import { unsettled } from '../../aws/settled.ts'
import { finish, onTheMove } from './ending.ts'
import { open } from './groups.ts'
import { lossOf } from './loss.ts'
import { type Pair, pairOf } from './pair.ts'
import type { Pointer, Sight } from './pointers/pointer.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

/**
 * One step onwards, the same forwards and back, where something leads applications to a database: the one that comes gets
 * the groups of the one that leaves, both bear the marks of the run, and only then the pointer is turned. Both instances
 * keep their names.
 */
export async function redirect(
  pointer: Pointer,
  step: RdsPromoteStep,
  move: Move<PromotionState>,
  context: CallContext<Aws>,
): Promise<{ state: PromotionState } | Again> {
  const [pair, sight] = await Promise.all([pairOf(move, context), pointer.look(context)])
  const { coming } = pair
  const called = coming.DBInstanceIdentifier ?? ''
  if (sight.leadsTo(coming)) return sight.waiting?.() ?? finish(step, move.to, { ...pair, called }, context)
  refuseElsewhere(pointer, sight, pair, context)
  lossOf(step, coming, new Date().toISOString())
  const waiting = unsettled(context.connection, coming, called) ?? (await open(pair, context))
  if (waiting) return waiting
  refuseOtherPort(pointer, pair)
  const marks = [
    ...(isAside(pair.leaving, context.rollbackId) ? [] : [[pair.leaving, TAGS.aside, asideNow(context)] as const]),
    // What a restore has made is deleted when the run is taken back, unless it serves.
    ...(coming.DbiResourceId === move.to.candidate
      ? ([TAGS.served, TAGS.serves] as const).map((key) => [coming, key, pointer.name] as const)
      : []),
  ]
  return (await unmarked(marks, context)) ?? sight.turn(pair, context)
}

async function unmarked(
  marks: (readonly [DBInstance, string, string])[],
  { connection, signal }: CallContext<Aws>,
): Promise<Again | undefined> {
  for (const [of, key, value] of marks) {
    if (tagOf(of, key) === value) continue
    if (!(await tag(connection, of.DBInstanceArn, { [key]: value }, signal))) return onTheMove(of, connection)
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
    `${name} leads to ${shown || 'nothing'} now, and ${leaving.DBInstanceIdentifier} was planned from; what somebody changed is kept. Plan again`,
    { untouched: !isAside(leaving, rollbackId) },
  )
}

function isAside(leaving: DBInstance, rollbackId: string): boolean {
  return tagOf(leaving, TAGS.aside)?.startsWith(`${runName(rollbackId)} `) === true
}

/** What leads applications there tells them no other port. */
function refuseOtherPort({ name }: Pointer, { leaving, coming }: Pair): void {
  const [old, next] = [leaving.Endpoint?.Port, coming.Endpoint?.Port]
  if (old === next) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `${coming.DBInstanceIdentifier} listens on port ${next}, and whoever follows ${name} expects ${old}; restore to that port`,
  )
}
