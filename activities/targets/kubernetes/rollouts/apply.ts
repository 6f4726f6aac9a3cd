import { UnwindError } from '../../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { operations, patch, ROLLBACK_ID } from '../patch.ts'
import { isHeeded, untilHeeded } from './heed.ts'
import { readRevisions, type RolloutRevision } from './revisions.ts'
import { holderOf, isObserved, isPromoted, look, presentHash, type Sight, spotOf } from './rollout.ts'
import type { ArgoRolloutsStep } from './schema.ts'
import type { RolloutState } from './state.ts'
import { patchStatus } from './status.ts'

/** Time to let whoever won a race finish; then to let the controller see what was written. */
const RACE = 50
const UNOBSERVED = 200

type Outcome = { state: RolloutState } | Again

/**
 * One step onwards: one conditional write at most. What the present template is only the controller can tell, so
 * nothing is decided before it has seen it.
 */
export async function apply(
  step: ArgoRolloutsStep,
  move: Move<RolloutState>,
  context: CallContext<Cluster>,
): Promise<Outcome> {
  const { connection, signal } = context
  const [sight] = await Promise.all([look(connection, spotOf(step), signal), connection.identity(signal)])
  if (sight.rollout.metadata.uid !== move.to.uid) throw stale(sight, context)
  if (!isObserved(sight))
    return untilHeeded(sight, `waiting for the controller to see the template of ${sight.spot.workload}`, context)
  const hash = presentHash(sight) ?? null
  if (hash === move.to.podHash) return arrive(sight, move, context)
  if (hash !== move.from.podHash) throw stale(sight, context)
  return restore(sight, move, context)
}

/** Its template is there; what is left to be done of it is in its status. */
async function arrive(sight: Sight, { to }: Move<RolloutState>, context: CallContext<Cluster>): Promise<Outcome> {
  const { status = {} } = sight.rollout
  if (to.aborted === true && isPromoted(sight.rollout)) throw stale(sight, context, 'is stable by now')
  if (to.aborted !== undefined && to.aborted !== (status.abort === true))
    return written(await patchStatus(sight, { abort: to.aborted }, context))
  // Written before the controller has seen the template, or once it is stable, this would be lost without a word.
  if (to.promoted === true && !isPromoted(sight.rollout) && status.promoteFull !== true)
    return written(await patchStatus(sight, { promoteFull: true }, context))
  return isHeeded(sight, to) ? { state: to } : untilHeeded(sight, 'waiting for the controller to act on it', context)
}

function written(outcome: 'written' | 'lost'): Outcome {
  return outcome === 'written' ? { again: UNOBSERVED, doing: 'waiting for the controller to act on it' } : lost
}

const lost: Again = { again: RACE, doing: 'somebody else changed the Rollout meanwhile; reading it again' }

/** Puts the template back, into the Rollout or into the Deployment that it refers to. */
async function restore(
  sight: Sight,
  { from, to }: Move<RolloutState>,
  context: CallContext<Cluster>,
): Promise<Outcome> {
  const { connection, signal } = context
  const { spot, object } = holderOf(sight)
  const { template } = await kept(sight, to, context)
  const change = { template, left: from.replicaSet, towards: to.replicaSet }
  const templates = [object.spec.template, template]
  const write = { body: operations(object, change, context), templates, first: !bearsMark(sight, context) }
  const answer = await patch(connection, spot, write, signal)
  if (answer === 'lost') return lost
  return { again: UNOBSERVED, doing: `waiting for the controller to see the template of ${sight.spot.workload}` }
}

async function kept(sight: Sight, { replicaSet, podHash }: RolloutState, { connection, signal }: CallContext<Cluster>) {
  const all: RolloutRevision[] = await readRevisions(connection, sight, signal)
  const found = all.find(({ hash }) => hash !== '' && hash === podHash)
  if (found) return found
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `ReplicaSet ${replicaSet ?? '(none)'} of ${sight.spot.workload} was deleted since it was planned, and its template with it; plan again`,
  )
}

/** Whether this rollback was the last of all rollbacks that wrote the template. */
export function bearsMark(sight: Sight, { rollbackId }: Pick<CallContext, 'rollbackId'>): boolean {
  return holderOf(sight).object.metadata.annotations?.[ROLLBACK_ID] === rollbackId
}

const ELSEWHERE = 'is neither the one that was planned from nor the one planned; what somebody changed is kept'

function stale(sight: Sight, context: CallContext<Cluster>, what = ELSEWHERE): UnwindError {
  const { workload, namespace } = sight.spot
  return new UnwindError('PLAN_STALE', `the template of ${workload} in ${namespace} ${what}. Plan again`, {
    untouched: !bearsMark(sight, context),
    podHash: sight.rollout.status?.currentPodHash ?? null,
  })
}
