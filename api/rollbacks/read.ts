import { WorkflowFailedError } from '@temporalio/client'
import { UnwindError } from '../../model/errors.ts'
import { rollbackId } from '../../model/ids.ts'
import { OUTCOMES, type Outcome, PHASES, type Phase, type RunState } from '../../model/run.ts'
import type { Api } from '../context.ts'
import type { RollbackDocument } from '../schemas/answers.ts'
import type { Place } from '../schemas/parameters.ts'
import { bounded } from '../temporal/call.ts'
import { describe, type Execution } from '../temporal/executions.ts'
import { workerState } from '../temporal/workers.ts'
import { temporalUiOf, urlOf } from './links.ts'

/** How long a worker may take to answer for its run before the answer is made without it. Milliseconds. */
const QUERY_LIMIT = 2_000

/** The running or last rollback of a place, or the one with this run id. Throws NOT_FOUND. */
export async function findRollback(api: Api, { environment, service }: Place, run?: string): Promise<Execution> {
  const workflowId = rollbackId(environment, service)
  const latest = await describe(api, workflowId)
  if (latest && (run === undefined || latest.runId === run || latest.currentRunId === run)) return latest
  const older = run && latest ? await describe(api, workflowId, run) : undefined
  if (older) return older
  const which = run
    ? `no rollback ${run} of ${service} in ${environment}`
    : `no rollback of ${service} in ${environment}`
  throw new UnwindError('NOT_FOUND', `${which} is on record; list those that are with GET /v1/rollbacks`)
}

/** A rollback's document: from its worker while it runs, from its result when it has ended, else from what Temporal knows. */
export async function readRollback(api: Api, place: Place, run?: string): Promise<RollbackDocument> {
  const found = await findRollback(api, place, run)
  const [{ state, stale }, worker] = await Promise.all([
    recordOf(api, place, found),
    found.open ? workerState(api) : undefined,
  ])
  const temporalUi = temporalUiOf(api, place, found.runId)
  return {
    ...state,
    url: urlOf(api, place, found.runId),
    stale,
    ...(worker && state.phase !== 'ended' && { worker }),
    ...(temporalUi && { temporalUi }),
  }
}

/** The record of a run, and whether it lacks what only a worker knows. */
export async function recordOf(api: Api, place: Place, found: Execution): Promise<{ state: RunState; stale: boolean }> {
  const state = found.open ? await queryState(api, found.workflowId, found.currentRunId) : await resultOf(api, found)
  if (state) return { state, stale: false }
  const last = found.open ? undefined : await queryState(api, found.workflowId, found.currentRunId)
  return last ? { state: cutOff(last, found), stale: false } : { state: fromTemporal(place, found), stale: true }
}

/** The record of a run, asked of its worker; undefined when none answers in time. */
export async function queryState(api: Api, workflowId: string, runId?: string): Promise<RunState | undefined> {
  const handle = api.client.workflow.getHandle(workflowId, runId)
  // Whatever the reason, what Temporal itself has on record is the better answer: marked stale, and never an error.
  return bounded(api.client, () => handle.query<RunState>('state'), QUERY_LIMIT).catch(() => undefined)
}

/** The record that a run has left behind; undefined for one that Temporal ended, and not the run itself. */
export async function resultOf(api: Api, { workflowId, runId }: Execution): Promise<RunState | undefined> {
  try {
    return (await bounded(api.client, () => api.client.workflow.result(workflowId, runId))) as RunState
  } catch (error) {
    if (error instanceof WorkflowFailedError) return undefined
    throw error
  }
}

/** A run that was terminated from outside: its last record, with an end that it could not write itself. */
function cutOff(state: RunState, { closedAs, endedAt }: Execution): RunState {
  return { ...state, phase: 'ended', outcome: 'aborted', problem: cutOffProblem(closedAs), ...(endedAt && { endedAt }) }
}

function fromTemporal({ environment, service }: Place, found: Execution): RunState {
  const { workflowId, runId, startedAt, endedAt, memo, open, closedAs } = found
  const { phase, outcome } = phaseOf(found.status, open)
  return {
    format: 1,
    ...{ id: workflowId, runId, service, environment },
    reason: memo.reason ?? '',
    ...(memo.incident && { incident: memo.incident }),
    startedBy: memo.startedBy ?? { subject: 'unknown', groups: [] },
    startedAt,
    ...(endedAt && { endedAt }),
    phase,
    ...(outcome && { outcome }),
    ...(!open && !outcome && { outcome: 'aborted', problem: cutOffProblem(closedAs) }),
    approvals: [],
    steps: [],
    timeline: [],
  }
}

/** What the search attribute UnwindStatus stands for: a phase, or the outcome of a run that has ended. */
export function phaseOf(status: string | undefined, open: boolean): { phase: Phase; outcome?: Outcome } {
  const outcome = OUTCOMES.find((known) => known === status)
  if (!open || outcome) return { phase: 'ended', ...(outcome && { outcome }) }
  return { phase: PHASES.find((known) => known === status) ?? 'planning' }
}

function cutOffProblem(closedAs: string): NonNullable<RunState['problem']> {
  const message = `Temporal ended this run (${closedAs}) before it could end itself; check each step's object before starting another`
  return { code: 'INTERNAL', message }
}
