import type { LastDrill } from './drill/result.ts'
import type { ApprovalNeed, ApprovalRule, Policy } from './policy.ts'
import type { AnyMessage } from './messages.ts'
import type { Notice } from './notices/notice.ts'
import type { RunState } from './run.ts'
import type { CompiledCheck } from './runbook/compiled.ts'
import type { Facts } from './runbook/progress.ts'
import type { Evidence, Move, Plan, Revision, Settled, State, Verdict } from './target.ts'

/** What every verb of a target is called with, from workflow to activity. */
export interface StepCall {
  stepId: string
  step: Record<string, unknown>
  connection: string
  /** The rollback's identity: the first execution's run id; undefined for a dry run, which takes no lock. */
  rollbackId: string
  service: string
  environment: string
  actor: string
  reason: string
  /** The incident that the rollback was asked for. */
  incident?: string
  /** Of a drill. */
  drill?: true
}

export interface PlanCall extends StepCall {
  towards?: State
  assumed?: State
  earlier?: Record<string, State>
  /** Take the lock of the object that was found, as a workflow on this queue. A dry run takes none. */
  lockQueue?: string
  /**
   * The run takes the locks of all its plans together: by a call of its own beside the seal, or with it. Workers of earlier
   * versions take this one all the same.
   */
  locksLater?: LocksLater
  /** Seal the plan in the same call, where it is the only one of its run; `steps` of it is empty. */
  seal?: SealCall
}

export interface ApplyCall extends StepCall {
  move: Move
  /** The step was begun before, by another call. */
  retried?: true
  limit: number
}

export interface VerifyCall extends StepCall {
  state: State
  since: number
  limit: number
}

export interface SettleCall extends StepCall {
  /** From where to where the step has gone. */
  move: Move
}

/** The activities of one kind, registered as `<kind>.<verb>`. */
export interface StepActivities {
  history(call: StepCall): Promise<Revision[]>
  /** `unlocked`: nobody has taken the lock yet, and this worker knows the way that was named. */
  plan(call: PlanCall): Promise<Plan & { sealed?: Sealed; unlocked?: LocksLater }>
  apply(call: ApplyCall): Promise<{ state: State }>
  verify(call: VerifyCall): Promise<Verdict>
  settle(call: SettleCall): Promise<Settled>
}

export interface SealCall {
  service: string
  environment: string
  steps: { id: string; kind: string; connection: string; plan: Plan }[]
  policy: Policy
  accept: string[]
  /** The runbook's own rules, of which the first that matches applies, and what names the run to those who approve. */
  runbook?: { revision: string; procedure: string; approvals: ApprovalRule[]; oneRelease: boolean }
  /** Steps that change no system, by id and what they ask: a plan is approved with them. */
  asks?: { id: string; kind: string; step: Record<string, unknown> }[]
  facts?: Facts
  /** A drill needs no approval, and may hold no step that touches what serves. */
  drill?: true
  /** The digest that an earlier plan of this run had; another one now means that the system moved. */
  before?: string
  /** Locks to take in the same call: all of them before it answers, and OBJECT_LOCKED goes before any other refusal. */
  locks?: LockCall
}

/** `true`: beside the seal, as workers of earlier versions know it. */
export type LocksLater = true | 'with-seal'

/** The locks of these objects, for one run. */
export interface LockCall {
  rollbackId: string
  objects: string[]
}

/** The digest that people approve, and what the plan needs before it may be carried out. */
export interface Sealed {
  digest: string
  need?: ApprovalNeed
  /** The last drill that passed, where a plan touches data and there is an archive; `null` where none ever has. */
  lastDrill?: LastDrill | null
  /** What the service serves now, as a sentence, where a query is named for that. */
  traffic?: string
  /** The locks were taken in the same call. A worker of an earlier version does not say so. */
  locked?: true
}

/** Activities that belong to no target. `seal` and `identify` touch no system. */
export interface EngineActivities {
  'unwind.seal'(call: SealCall): Promise<Sealed>
  'unwind.identify'(call: {
    message: AnyMessage
    workflowId: string
    content: Record<string, unknown>
    signed: string
  }): Promise<{ subject: string; groups: string[] }>
  /** Takes the locks of these objects for a run, all or none of another's. Throws OBJECT_LOCKED with `object` and `holder`. */
  'unwind.lock'(call: LockCall): Promise<void>
  'unwind.release'(call: LockCall): Promise<void>
  /** Answers once so many milliseconds have passed since it was scheduled. No worker is held meanwhile. */
  'unwind.pause'(call: { milliseconds: number }): Promise<void>
}

/** What runbooks need of the engine beside the above. */
export interface RunbookActivities {
  /** CEL: never throws for what the expression or its inputs are; `unknown` says why it has no answer. */
  'unwind.evaluate'(call: { expression: string; facts: Facts }): Promise<Evaluated>
  'unwind.notify'(call: NotifyCall): Promise<{ channels: Told[] }>
  /** Keeps report and evidence; answers where. The same run gives the same object. */
  'unwind.archive'(call: { state: RunState }): Promise<{ location: string }>
}

/** The result of an expression, with what it was evaluated from. */
export type Evaluated = { inputs: Record<string, unknown> } & ({ value: boolean } | { unknown: string })

/** One measuring series. `states` holds what the steps named by measurements are to be measured at. */
export interface CheckCall extends StepCall {
  check: CompiledCheck
  states: Record<string, { kind: string; connection: string; step: Record<string, unknown>; state: State }>
  since: number
  limit: number
}

/** Registered as `check.measure`: loops, heartbeats the series so far and answers what it means. */
export interface CheckActivities {
  'check.measure'(call: CheckCall): Promise<Verdict & { samples: Evidence[] }>
}

/** One message to people. `key` names it: the same key is the same message, told once per channel. */
export interface NotifyCall {
  key: string
  channels: string[]
  event: string
  text: string
  service: string
  environment: string
  notice?: Notice
  quiet?: true
  /** It may have arrived already. */
  unsure?: true
  /** What the channels answered about this run before, by name. */
  known?: Record<string, string>
}

/** How one channel took a message. `again`: worth another try after so many milliseconds; `unsure`: it may have arrived. */
export interface Told {
  name: string
  ok: boolean
  because?: string
  known?: string
  url?: string
  again?: number
  unsure?: true
}
