import { compileStep, own } from '../../model/compile.ts'
import { policyOf } from '../../model/floor.ts'
import { milliseconds } from '../../model/duration.ts'
import { UnwindError } from '../../model/errors.ts'
import { type Actor, stricter } from '../../model/policy.ts'
import { resolve } from '../../model/reference.ts'
import { DEFAULT_LIMITS } from '../../model/limits.ts'
import type { CompiledStep, RunInput, RunState, StepState } from '../../model/run.ts'
import type { State } from '../../model/target.ts'
import type { Api } from '../context.ts'
import type { Place } from '../schemas/parameters.ts'
import { inputOf } from '../temporal/executions.ts'
import { findRollback, resultOf } from './read.ts'
import { settle } from './settle.ts'

export interface UndoRequest {
  reason: string
  incident?: string | undefined
  accept?: string[] | undefined
}

/**
 * The input of a rollback that takes the last one back: each of its steps that was begun and not compensated, in reverse,
 * towards the state that was recorded before it. Throws ROLLBACK_RUNNING, STALE_DECISION and NO_ROLLBACK_TARGET.
 */
export async function compileUndo(
  api: Api,
  place: Place,
  request: UndoRequest,
  actor: Actor,
  run?: string,
): Promise<RunInput> {
  const last = await settle(api, await findRollback(api, place))
  if (run && run !== last.runId)
    throw new UnwindError('STALE_DECISION', `the last rollback is now ${last.runId}; only that one can be taken back`)
  if (last.open)
    throw new UnwindError(
      'ROLLBACK_RUNNING',
      'the rollback is running; wait for its end, or abort it, and take it back then',
      { runId: last.runId },
    )
  const [state, input] = await Promise.all([resultOf(api, last), inputOf(api, last.workflowId, last.runId)])
  const moved = state ? movedSteps(state) : []
  if (moved.length === 0) throw new UnwindError('NO_ROLLBACK_TARGET', nothing(state))
  const left = (id: string) => state?.steps.find((step) => step.id === id)?.state
  const steps = moved.map((step, index) => compileBack(api, place, step, input, index, left))
  return { ...inputFor(api, place, request, actor, input), steps, undoes: last.runId }
}

function movedSteps({ steps }: RunState): StepState[] {
  return steps.filter((step) => step.begun && step.plan && step.status !== 'compensated').reverse()
}

function compileBack(
  api: Api,
  { environment }: Place,
  { id, plan, procedure, corrected }: StepState,
  input: RunInput,
  index: number,
  left: (step: string) => State | undefined,
): CompiledStep {
  const original = input.steps.find((step) => step.id === id && step.procedure === procedure)
  const known = original && plan && resolve({ step: { ...original.step, ...corrected, id }, from: plan.from }, left)
  if (!known || 'missing' in known)
    throw new UnwindError('INTERNAL', `the record of step ${id} is incomplete; roll that object back by hand`)
  const { step: written, from } = known.value
  const step = compileStep(written, index, environment, api.configuration, api.kinds, from)
  return { ...step, title: `${original.title}, taken back` }
}

function inputFor(
  api: Api,
  { environment, service }: Place,
  request: UndoRequest,
  startedBy: Actor,
  input: RunInput,
): Omit<RunInput, 'steps'> {
  const { environments, worker, archive } = api.configuration
  const floor = own(environments, environment)
  if (!floor)
    throw new UnwindError(
      'INVALID_REQUEST',
      `environment ${environment} is not configured; there is: ${Object.keys(environments).join(', ')}`,
    )
  return {
    format: 1,
    sealsTogether: true,
    ...{ service, environment, reason: request.reason, startedBy },
    ...(request.incident && { incident: request.incident }),
    policy: stricter(policyOf(floor), input.policy),
    accept: request.accept ?? [],
    limits: { ...DEFAULT_LIMITS, heartbeat: milliseconds(worker.heartbeat) },
    ledger: true,
    ...(archive && { archive: true }),
  }
}

function nothing(state: RunState | undefined): string {
  if (!state) return 'the last rollback left no record, because Temporal ended it; roll its objects back by hand'
  return `the last rollback changed nothing that still stands (${state.outcome ?? state.phase}), so there is nothing to take back`
}
