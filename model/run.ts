import type { LastDrill } from './drill/result.ts'
import type { Problem } from './errors.ts'
import type { EventType } from './events.ts'
import type { Expected } from './expected.ts'
import type { RunLimits } from './limits.ts'
import type { Actor, Approval, ApprovalNeed, Policy } from './policy.ts'
import type {
  Decision,
  Heard,
  Nudged,
  Obligation,
  ReleaseFacts,
  StepAsking,
  TickedItem,
  Untold,
} from './runbook/progress.ts'
import type { Asked, CompiledCheck, CompiledRunbook } from './runbook/compiled.ts'
import type { Evidence, Plan, State, Verdict } from './target.ts'

/**
 * Where a run is. `deciding` walks the decision tree; `parked` waits for a person after a failure; `closing` has done
 * every step and waits for the required items of the checklist; `ended` has an outcome.
 */
export const PHASES = [
  'deciding',
  'planning',
  'awaiting-approval',
  'running',
  'parked',
  'compensating',
  'closing',
  'ended',
] as const
export type Phase = (typeof PHASES)[number]

/** How a run ended. There is no "failed": a failure parks. */
export const OUTCOMES = ['recovered', 'compensated', 'aborted', 'rejected', 'expired', 'not-applicable'] as const
export type Outcome = (typeof OUTCOMES)[number]

export const STEP_STATUSES = [
  'waiting',
  'planned',
  'applying',
  'verifying',
  'done',
  'skipped',
  'parked',
  'asking',
  'compensating',
  'compensated',
] as const
export type StepStatus = (typeof STEP_STATUSES)[number]

export const CHOICES = ['retry', 'skip', 'done', 'compensate', 'abort'] as const
export type Choice = (typeof CHOICES)[number]

/** One step, compiled: nothing about it is looked up again while the run lives. Milliseconds. */
export interface CompiledStep {
  id: string
  kind: string
  title: string
  connection: string
  /** The queue of the workers that hold the connection's credentials; undefined: the run's own. */
  taskQueue?: string
  step: Record<string, unknown>
  optional: boolean
  onFailure: 'pause' | 'compensate'
  /** Bound on one verb of this step, all its waits included; the plan's own limit applies where it is shorter. */
  timeout?: number
  towards?: State
  /** What the engine does with the step. Absent: `change`, which plans, applies and verifies through a target. */
  role?: Role
  /** The procedure of the runbook that the step belongs to; ids are unique within one. */
  procedure?: string
  /** Steps next to each other with the same number are carried out at the same time. */
  group?: number
  /** CEL, of type bool: false skips the step and records the inputs; what can't be evaluated is asked of a person. */
  when?: string
  /** Tried again by itself so often before it parks, with this pause in milliseconds between. */
  retry?: { attempts: number; pause: number }
  check?: CompiledCheck
  asked?: Asked
}

/** `change` moves a system; `check` measures; `wait` lets time pass; `manual` and `approve` ask people; `notify` tells them. */
export type Role = 'change' | 'check' | 'wait' | 'manual' | 'approve' | 'notify'

/** Everything that a run needs: it reads no file and no configuration of its own. */
export interface RunInput {
  format: 1
  service: string
  environment: string
  reason: string
  incident?: string
  startedBy: Actor
  steps: CompiledStep[]
  policy: Policy
  /** Warning codes that whoever asked has accepted beforehand. */
  accept: string[]
  limits: RunLimits
  /** The run whose moves this one takes back. */
  undoes?: string
  runbook?: CompiledRunbook
  /** The alert that asked for the run, as CEL sees it: `alert.startsAt`, `alert.labels`. */
  alert?: { startsAt: string; labels: Record<string, string> }
  /** Whether the report is kept in the archive when the run ends. Absent in inputs of earlier versions. */
  archive?: boolean
  /** The only plan of a run is sealed in the call that makes it. Absent in inputs of earlier versions. */
  sealsTogether?: true
  /** The end is told to the service's own workflow. Absent in inputs of earlier versions. */
  ledger?: true
  /** The proposal that has started it without a person: it looks at the kill switch before each change. */
  automatic?: string
  /** Each channel is told by itself and shows the run as it goes on. Absent in inputs of earlier versions. */
  telling?: Telling
  /** Answers to questions of the decision tree by id, for those that evidence can't answer. */
  answers?: Record<string, 'yes' | 'no'>
  /** A drill: nothing that serves is touched, whatever is made is taken away at the end, and a failure waits for nobody. */
  drill?: true
  /** The record so far, when the run continues as a new execution. */
  carried?: RunState
  /** As in the run that continues: who has taken its locks. */
  locked?: true
}

/** How people are told: milliseconds between two updates at the most, and where they see the run. */
export interface Telling {
  every: number
  url?: string
}

/** Twenty minutes: whoever waits for longer begins to ask. */
export const DEFAULT_UPDATE = 20 * 60_000

export interface StepState {
  id: string
  kind: string
  title: string
  connection: string
  optional: boolean
  /** Absent: `change`. */
  role?: Role
  procedure?: string
  group?: number
  status: StepStatus
  /** Counts the times that the step was begun or resumed; a decision names the attempt that it answers. */
  attempt: number
  /** True from the moment before the first `apply`: such a step is never planned anew and has a compensation. */
  begun: boolean
  plan?: Plan
  state?: State
  verdict?: Verdict
  /** The first and the last looks of the series that a check's verdict was made from. */
  samples?: Evidence[]
  problem?: Problem
  /** Set when a person did the step by hand; verification still runs, and only a failure of it parks again. */
  byHand?: boolean
  /** Fields that a person corrected when answering; they replace those of the compiled step. */
  corrected?: Record<string, unknown>
  /** Automatic attempts since a person last answered. */
  retried?: number
  /** What `when` was evaluated from; set once it is decided whether the step is carried out. */
  inputs?: Record<string, unknown>
  /** What the step asks of people now. */
  asking?: StepAsking
  /** A failure of a step in a group that waits until those before it are answered; `unsettled` until all have come to rest. */
  failed?: Pick<Parked, 'during' | 'problem' | 'evidence'> & { unsettled?: true }
  /** Until when the engine waits before it goes on with the step: the end of a wait, or of the pause before a retry. */
  until?: number
  /** Epoch milliseconds. */
  verifySince?: number
  startedAt?: number
  endedAt?: number
}

/** Why the run waits for a person, and what each answer will do. */
export interface Parked {
  stepId: string
  attempt: number
  during: 'plan' | 'apply' | 'verify' | 'compensate'
  problem: Problem
  evidence?: Evidence
  choices: { choice: Choice; effect: string }[]
  since: number
  nudged?: Nudged
}

/** The whole record of a run: what `state` answers, what a continued run carries and what a report is made of. */
export interface RunState {
  format: 1
  id: string
  /** The first execution's run id: the rollback's identity, which no continue-as-new changes. */
  runId: string
  service: string
  environment: string
  reason: string
  incident?: string
  undoes?: string
  /** The proposal that has started it without a person. */
  automatic?: string
  startedBy: Actor
  startedAt: number
  endedAt?: number
  phase: Phase
  outcome?: Outcome
  problem?: Problem
  planDigest?: string
  plannedAt?: number
  need?: ApprovalNeed
  needSince?: number
  approvals: Approval[]
  parked?: Parked
  pause?: { by: string; at: number }
  claimedBy?: string
  /** Of a drill: how long it took until every step held, or why it failed. */
  drill?: { took?: number; problem?: Problem }
  /** The last drill of the service that passed, where a step touches data; `null` where none ever has. */
  lastDrill?: LastDrill | null
  /** What the service served when the plan was made, as a sentence, where a query is named for that. */
  traffic?: string
  /** The runbook by name and revision, and which of its procedures the answers chose. */
  runbook?: { name: string; revision: string; source: string }
  procedure?: string
  decision?: Decision
  /** The alert that asked for the run: times are counted from it. */
  alert?: { startsAt: string; labels: Record<string, string> }
  /** What is known of the release that is left; read once, before the first question. */
  release?: ReleaseFacts
  /** When people were reminded of the approval that is missing, and when it was escalated. */
  nudged?: Nudged
  /** Messages that are on their way: a continued run sends them again under the same key. */
  untold?: Untold[]
  /** What the channels keep of this run, by name: they are told when it should change. */
  heard?: Record<string, Heard>
  /** The ticket that was opened for it, and when people hear of the run again at the latest. */
  ticket?: string
  nextUpdate?: number
  checklist?: TickedItem[]
  obligations?: Obligation[]
  /** Somebody went on without the missing approvals of this plan. */
  brokenGlass?: { planDigest: string; by: string; at: number; incident: string }
  /** Set once the run went past its runbook's timeout and a person was asked. */
  overdue?: { at: number }
  /** What has been done moved the ground under plans that were made: they are made anew once a group has come to rest. */
  moved?: true
  steps: StepState[]
  timeline: TimelineEvent[]
}

export { EVENT_TYPES, type EventType } from './events.ts'

/** One thing that happened. `seq` counts from 1 without gaps: a watcher resumes from the last one it saw. */
export interface TimelineEvent {
  seq: number
  at: number
  type: EventType
  text: string
  stepId?: string
  actor?: string
  /** False when the message carried no signature: it came past the API. */
  verified?: boolean
}

/** What the dry run of a rollback answers. `digest` is missing where a question is open or the runbook stops. */
export interface DryRun {
  digest?: string
  steps: StepState[]
  need?: ApprovalNeed
  /** The path by evidence and by the answers given; `asking` is the question that a person would be asked. */
  decision?: Decision
  procedure?: string
  /** How long it takes; beside the digest, so that nobody has to agree anew because of it. */
  expected?: Expected
  /** The runbook says that nothing is to be rolled back, and what to do instead. */
  stop?: string
  /** As in a run's record. */
  lastDrill?: LastDrill | null
  /** As in a run's record. */
  traffic?: string
}

/** The most events that a record keeps; the oldest in the middle are dropped first, and the gap says so. */
export const TIMELINE_LIMIT = 500
