import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { type Candidate, LEFT } from './candidate.ts'
import { readCandidates, readKept } from './kept.ts'
import { readWorkload, type Spot, spotOf, type Workload } from './objects.ts'
import { type Change, operations, patch, ROLLBACK_ID } from './patch.ts'
import { recorded } from './revision.ts'
import { changedAt, deadlineExceeded, rollout } from './rollout.ts'
import type { KubernetesStep } from './schema.ts'
import { isAt, isPaused, keptBy, stateOf, type WorkloadState } from './state.ts'
import { pure, templateHash } from './template.ts'
import { mayUnstick, unstick } from './unstick.ts'

/** Time to let whoever won a race finish before looking again; then between looks at a rollout. */
const RACE = 50
const REPAUSE = 500

type Outcome = { state: WorkloadState } | Again

/**
 * One step onwards: one conditional write at most. Reads first, so that a second call, a crash in between and an
 * unknown outcome all end in the same place.
 */
export async function apply(
  step: KubernetesStep,
  move: Move<WorkloadState>,
  context: CallContext<Cluster>,
): Promise<Outcome> {
  const { connection, signal } = context
  const spot = spotOf(step)
  const [{ object: workload, date: now }] = await Promise.all([
    readWorkload(connection, spot, signal),
    connection.identity(signal),
  ])
  if (isAt(workload, move.to)) return (await unstick(workload, spot, move.to, now, context)) ?? { state: move.to }
  if (isAt(workload, unpaused(move.to))) return pauseAgain(workload, move, spot, context)
  if (!isAt(workload, move.from)) throw stale(workload, spot, context)
  const kept = await readKept(connection, workload, spot, move.to, signal)
  const target = kept ?? (await findAgain(workload, move.to, spot, context))
  await mayUnstick(workload, spot, target, now, context)
  return restore(workload, target, move, spot, context)
}

function unpaused(state: WorkloadState): WorkloadState {
  return 'paused' in state ? { ...state, paused: false } : state
}

/** Puts the template back. A Deployment that shall end up paused runs until its pods have moved. */
async function restore(
  workload: Workload,
  target: Candidate,
  move: Move<WorkloadState>,
  spot: Spot,
  context: CallContext<Cluster>,
): Promise<Outcome> {
  const template = pure(target.template)
  const change: Change = {
    template,
    left: leaving(workload, move.from, spot),
    towards: target.name,
    ...(isPaused(move.from) && { paused: false }),
  }
  const templates = [workload.spec.template, template]
  const write = { body: operations(workload, change, context), templates, first: !bearsMark(workload, context) }
  const written = await patch(context.connection, spot, write, context.signal)
  if (written === 'lost') return lost
  if (!isAt(written, move.to)) return { again: REPAUSE, doing: 'waiting for the pods before it is paused again' }
  if (spot.kind === 'StatefulSet') return { again: RACE, doing: 'looking for pods that would hold the rollout up' }
  return { state: stateOf(spot, move.to.uid, move.to.templateHash, target, isPaused(move.to)) }
}

/** As many as are remembered of what rollbacks left. */
const REMEMBERED = 10

/**
 * What is left now. The Deployment controller copies it to the ReplicaSet that was gone to; nothing does so for a
 * ControllerRevision, so there the workload keeps those of before too.
 */
function leaving({ metadata }: Workload, from: WorkloadState, { kind }: Spot): string | null {
  const name = keptBy(from)
  if (name === null || kind === 'Deployment') return name
  const before = metadata.annotations?.[LEFT]?.split(',').filter((other) => other !== name) ?? []
  return [...before, name].slice(-REMEMBERED).join(',')
}

const lost: Again = { again: RACE, doing: 'somebody else changed the workload meanwhile; reading it again' }

/** Was paused, and is to be so again: once the pods have moved, or the controller has given up on them. */
async function pauseAgain(
  workload: Workload,
  move: Move<WorkloadState>,
  spot: Spot,
  context: CallContext<Cluster>,
): Promise<Outcome> {
  const { complete, updated, desired } = rollout(workload, spot)
  if (!complete && !deadlineExceeded(workload, changedAt(workload, context)))
    return { again: REPAUSE, doing: `${updated} of ${desired} pods moved; then it is paused again` }
  const change: Change = { paused: true, left: null, towards: keptBy(move.to) }
  const templates = [workload.spec.template]
  const write = { body: operations(workload, change, context), templates, first: !bearsMark(workload, context) }
  const written = await patch(context.connection, spot, write, context.signal)
  return written === 'lost' ? lost : { state: move.to }
}

/** What was named was pruned since the plan; the same template may be kept elsewhere. Else NO_ROLLBACK_TARGET. */
async function findAgain(
  workload: Workload,
  to: WorkloadState,
  spot: Spot,
  { connection, signal }: CallContext<Cluster>,
): Promise<Candidate> {
  const all = await readCandidates(connection, workload, spot, signal)
  return recorded(to, { spot, workload, all, current: undefined })
}

/** Whether this rollback was the last of all rollbacks that wrote. */
function bearsMark({ metadata }: Workload, { rollbackId }: CallContext<Cluster>): boolean {
  return metadata.annotations?.[ROLLBACK_ID] === rollbackId
}

function stale(workload: Workload, spot: Spot, context: CallContext<Cluster>): UnwindError {
  const { spec } = workload
  const untouched = !bearsMark(workload, context)
  const what = spec.paused === true ? 'template or pause' : 'template'
  return new UnwindError(
    'PLAN_STALE',
    `the ${what} of ${spot.workload} in ${spot.namespace} is neither the one that was planned from nor the one planned; what somebody changed is kept. Plan again`,
    { untouched, templateHash: templateHash(spec.template) },
  )
}
