import { defineSearchAttributeKey } from '@temporalio/common'
import { type CancellationScope, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import { details } from '../model/details.ts'
import type { Messages } from '../model/messages.ts'
import type { Actor } from '../model/policy.ts'
import type { EventType, Outcome, Phase, RunInput, RunState, StepState, TimelineEvent } from '../model/run.ts'
import { addEvent } from '../model/timeline.ts'

/** One run in memory: its input, its record, and what has been asked of it and not been carried out yet. */
export interface Run {
  readonly input: RunInput
  readonly state: RunState
  decision?: Messages['decide'] & { actor: string; verified: boolean }
  /** Answers to questions that were not acted upon yet; at most one per question, because the first one counts. */
  answers: (Messages['answer'] & { actor: string })[]
  abort?: { actor: string; note: string }
  rejected?: boolean
  /** The scope of the activity that runs now; an abort cancels it. */
  scope?: CancellationScope
}

const STATUS = defineSearchAttributeKey('UnwindStatus', 'KEYWORD')

/** The record of a run that begins now, or the one that it carries from its earlier execution. */
export function openRecord(input: RunInput): RunState {
  if (input.carried) return input.carried
  const { workflowId, firstExecutionRunId, startTime } = workflowInfo()
  const state: RunState = {
    format: 1,
    id: workflowId,
    runId: firstExecutionRunId,
    service: input.service,
    environment: input.environment,
    reason: input.reason,
    ...(input.incident && { incident: input.incident }),
    ...(input.undoes && { undoes: input.undoes }),
    startedBy: input.startedBy,
    startedAt: startTime.getTime(),
    phase: 'planning',
    approvals: [],
    steps: input.steps.map(({ id, kind, title, connection, optional }) => ({
      ...{ id, kind, title, connection, optional },
      status: 'waiting',
      attempt: 0,
      begun: false,
    })),
    timeline: [],
  }
  addEvent(state, {
    at: state.startedAt,
    type: 'started',
    text: `Rollback asked for: ${input.reason}`,
    actor: input.startedBy.subject,
  })
  return state
}

/** Writes one event into the timeline, and the record into the Temporal UI. */
export function note(
  { state }: Run,
  type: EventType,
  text: string,
  extra: Pick<Partial<TimelineEvent>, 'stepId' | 'actor' | 'verified'> = {},
): void {
  addEvent(state, { at: Date.now(), type, text, ...extra })
  setCurrentDetails(details(state))
}

/** Moves the run to another phase and tells the visibility store. */
export function enter({ state }: Run, phase: Phase): void {
  if (state.phase === phase) return
  state.phase = phase
  setCurrentDetails(details(state))
  upsertSearchAttributes([{ key: STATUS, value: state.outcome ?? phase }])
}

/** Ends the run. What it changed and leaves so is said by the caller in `text`. */
export function end(run: Run, outcome: Outcome, text: string, by?: Actor['subject']): void {
  run.state.outcome = outcome
  run.state.endedAt = Date.now()
  delete run.state.parked
  delete run.state.pause
  enter(run, 'ended')
  note(run, 'ended', text, by ? { actor: by } : {})
}

/** The first step that is neither done nor skipped. */
export function nextStep({ state }: Run): StepState | undefined {
  return state.steps.find((step) => step.status !== 'done' && step.status !== 'skipped')
}
