import { defineSearchAttributeKey } from '@temporalio/common'
import { type CancellationScope, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import { details } from '../model/details.ts'
import type { Messages } from '../model/messages.ts'
import type { Actor } from '../model/policy.ts'
import { tickBy } from '../model/runbook/checklist.ts'
import type { CompiledRunbook } from '../model/runbook/compiled.ts'
import type { EventType, Outcome, Phase, RunInput, RunState, StepState, TimelineEvent } from '../model/run.ts'
import { addEvent } from '../model/timeline.ts'
import type { Outbox } from './outbox.ts'

/** One run in memory: its input, its record, and what has been asked of it and not been carried out yet. */
export interface Run {
  readonly input: RunInput
  readonly state: RunState
  decision?: Messages['decide'] & { actor: string; verified: boolean }
  /** Answers to questions that were not acted upon yet; at most one per question, because the first one counts. */
  answers: (Messages['answer'] & { actor: string })[]
  abort?: { actor: string; note: string }
  rejected?: boolean
  /** The locks were taken by workers that also let go of them when the ledger is told: the end of the run goes by that. */
  locked?: true
  /** Messages to people; absent in runs of earlier versions. */
  outbox?: Outbox
  /** In which activities run that an abort cancels, from the first of them on. */
  scope?: CancellationScope
}

const STATUS = defineSearchAttributeKey('UnwindStatus', 'KEYWORD')

/** A run in memory, at its beginning or where its earlier execution left it. */
export function openRun(input: RunInput): Run {
  return { input, state: openRecord(input), answers: [], ...(input.locked && { locked: true }) }
}

/** The record of a run that begins now, or the one that it carries from its earlier execution. */
function openRecord(input: RunInput): RunState {
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
    ...(input.alert && { alert: input.alert }),
    ...(input.automatic && { automatic: input.automatic }),
    ...(input.drill && { drill: {} }),
    startedBy: input.startedBy,
    startedAt: startTime.getTime(),
    phase: input.runbook ? 'deciding' : 'planning',
    approvals: [],
    ...(input.runbook && byRunbook(input.runbook)),
    steps: input.runbook ? [] : stepsOf(input),
    timeline: [],
  }
  addEvent(state, {
    at: state.startedAt,
    type: 'started',
    text: `${input.drill ? 'Drill' : 'Rollback'} asked for: ${input.reason}`,
    actor: input.startedBy.subject,
  })
  return state
}

/** The steps of a procedure, or those of the request, before anything happened to them. */
export function stepsOf(input: RunInput, procedure?: string): StepState[] {
  const steps = input.steps.filter((step) => step.procedure === procedure)
  return steps.map(({ id, kind, title, connection, optional, role, group }) => ({
    ...{ id, kind, title, connection, optional },
    ...(role && { role }),
    ...(procedure !== undefined && { procedure }),
    ...(group !== undefined && { group }),
    status: 'waiting',
    attempt: 0,
    begun: false,
  }))
}

function byRunbook({ name, revision, source, checklist }: CompiledRunbook): Partial<RunState> {
  return {
    runbook: { name, revision, source },
    ...(checklist.length > 0 && { checklist: checklist.map((item) => ({ ...item })) }),
  }
}

/** Writes one event into the timeline, and the record into the Temporal UI. */
export function note(
  { state }: Run,
  type: EventType,
  text: string,
  extra: Pick<Partial<TimelineEvent>, 'stepId' | 'actor' | 'verified'> = {},
): void {
  const event = { at: Date.now(), type, text, ...extra }
  addEvent(state, event)
  tickBy(state, event)
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
  delete run.state.decision?.asking
  for (const step of run.state.steps) {
    delete step.asking
    delete step.failed
    delete step.until
  }
  enter(run, 'ended')
  note(run, 'ended', text, by ? { actor: by } : {})
}

/** Whether a step is neither done nor left out. */
export function isOpen({ status }: StepState): boolean {
  return status !== 'done' && status !== 'skipped'
}

/** The steps to carry out now: the first that is neither done nor skipped, with those of its group beside it. */
export function nextSteps({ state }: Run): StepState[] {
  const first = state.steps.findIndex(isOpen)
  const step = state.steps[first]
  if (!step) return []
  if (step.group === undefined) return [step]
  const behind = state.steps.slice(first).findIndex(({ group }) => group !== step.group)
  return state.steps.slice(first, behind < 0 ? undefined : first + behind).filter(isOpen)
}
