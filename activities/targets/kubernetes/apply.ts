import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { isControlledBy, type Place } from '../../kubernetes/objects.ts'
import { type Deployment, type ReplicaSet, readDeployment, readReplicaSet, readReplicaSets } from './objects.ts'
import { type Change, operations, patch, ROLLBACK_ID } from './patch.ts'
import { candidates, recorded } from './revision.ts'
import { changedAt, deadlineExceeded, rollout } from './rollout.ts'
import type { KubernetesStep } from './schema.ts'
import { type DeploymentState, isAt, placeOf } from './state.ts'
import { pure, templateHash } from './template.ts'

/** Time to let whoever won a race finish before looking again; then between looks at a rollout. */
const RACE = 50
const REPAUSE = 500

type Outcome = { state: DeploymentState } | Again

/**
 * One step onwards: one conditional write at most. Reads first, so that a second call, a crash in between and an
 * unknown outcome all end in the same place.
 */
export async function apply(
  step: KubernetesStep,
  move: Move<DeploymentState>,
  context: CallContext<Cluster>,
): Promise<Outcome> {
  const { connection, signal } = context
  const place = placeOf(step)
  const [{ object: deployment }, named] = await Promise.all([
    readDeployment(connection, place, signal),
    readReplicaSet(connection, place, move.to.replicaSet, signal),
    connection.identity(signal),
  ])
  if (isAt(deployment, move.to)) return { state: move.to }
  if (isAt(deployment, { ...move.to, paused: false })) return pauseAgain(deployment, move, place, context)
  if (!isAt(deployment, move.from)) throw stale(deployment, place, context)
  const target = keeps(named, deployment, move.to) ? named : await findAgain(deployment, move.to, place, context)
  return restore(deployment, target, move, place, context)
}

/** Puts the template back. A Deployment that shall end up paused runs until its pods have moved. */
async function restore(
  deployment: Deployment,
  target: ReplicaSet,
  move: Move<DeploymentState>,
  place: Place,
  context: CallContext<Cluster>,
): Promise<Outcome> {
  const template = pure(target.spec.template)
  const change: Change = {
    template,
    left: move.from.replicaSet,
    towards: target.metadata.name,
    ...(move.from.paused && { paused: false }),
  }
  const templates = [deployment.spec.template, template]
  const write = { body: operations(deployment, change, context), templates, first: !bearsMark(deployment, context) }
  const written = await patch(context.connection, place, write, context.signal)
  if (written === 'lost') return lost
  if (isAt(written, move.to)) return { state: { ...move.to, replicaSet: target.metadata.name } }
  return { again: REPAUSE, doing: 'waiting for the pods before it is paused again' }
}

const lost: Again = { again: RACE, doing: 'somebody else changed the Deployment meanwhile; reading it again' }

/** Was paused, and is to be so again: once the pods have moved, or the controller has given up on them. */
async function pauseAgain(
  deployment: Deployment,
  move: Move<DeploymentState>,
  place: Place,
  context: CallContext<Cluster>,
): Promise<Outcome> {
  const { complete, updated, desired } = rollout(deployment)
  if (!complete && !deadlineExceeded(deployment, changedAt(deployment, context)))
    return { again: REPAUSE, doing: `${updated} of ${desired} pods moved; then it is paused again` }
  const change: Change = { paused: true, left: null, towards: move.to.replicaSet }
  const templates = [deployment.spec.template]
  const write = { body: operations(deployment, change, context), templates, first: !bearsMark(deployment, context) }
  const written = await patch(context.connection, place, write, context.signal)
  return written === 'lost' ? lost : { state: move.to }
}

function keeps(named: ReplicaSet | undefined, { metadata }: Deployment, to: DeploymentState): named is ReplicaSet {
  if (!named || !isControlledBy(named.metadata, metadata.uid)) return false
  return templateHash(named.spec.template) === to.templateHash
}

/** The named ReplicaSet was pruned since the plan; the same template may live in another. Else NO_ROLLBACK_TARGET. */
async function findAgain(
  deployment: Deployment,
  to: DeploymentState,
  place: Place,
  { connection, signal }: CallContext<Cluster>,
): Promise<ReplicaSet> {
  const replicaSets = await readReplicaSets(connection, deployment, place.namespace, signal)
  return recorded(to, candidates(replicaSets), undefined).replicaSet
}

/** Whether this rollback was the last of all rollbacks that wrote. */
function bearsMark({ metadata }: Deployment, { rollbackId }: CallContext<Cluster>): boolean {
  return metadata.annotations?.[ROLLBACK_ID] === rollbackId
}

function stale(deployment: Deployment, place: Place, context: CallContext<Cluster>): UnwindError {
  const { spec } = deployment
  const untouched = !bearsMark(deployment, context)
  const what = spec.paused === true ? 'template or pause' : 'template'
  return new UnwindError(
    'PLAN_STALE',
    `the ${what} of deployment/${place.name} in ${place.namespace} is neither the one that was planned from nor the one planned; what somebody changed is kept. Plan again`,
    { untouched, templateHash: templateHash(spec.template) },
  )
}
