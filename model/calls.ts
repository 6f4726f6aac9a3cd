import type { ApprovalNeed, Policy } from './policy.ts'
import type { MessageName } from './messages.ts'
import type { Move, Plan, Revision, State, Verdict } from './target.ts'

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
}

export interface PlanCall extends StepCall {
  towards?: State
  assumed?: State
  /** Take the lock of the object that was found, as a workflow on this queue. A dry run takes none. */
  lockQueue?: string
}

export interface ApplyCall extends StepCall {
  move: Move
  limit: number
}

export interface VerifyCall extends StepCall {
  state: State
  since: number
  limit: number
}

/** The activities of one kind, registered as `<kind>.<verb>`. */
export interface StepActivities {
  history(call: StepCall): Promise<Revision[]>
  plan(call: PlanCall): Promise<Plan>
  apply(call: ApplyCall): Promise<{ state: State }>
  verify(call: VerifyCall): Promise<Verdict>
}

export interface SealCall {
  service: string
  environment: string
  steps: { id: string; kind: string; connection: string; plan: Plan }[]
  policy: Policy
  accept: string[]
  /** The digest that an earlier plan of this run had; another one now means that the system moved. */
  before?: string
}

/** Activities that belong to no target. `seal` and `identify` touch no system. */
export interface EngineActivities {
  'unwind.seal'(call: SealCall): Promise<{ digest: string; need?: ApprovalNeed }>
  'unwind.identify'(call: {
    message: MessageName
    workflowId: string
    content: Record<string, unknown>
    signed: string
  }): Promise<{ subject: string; groups: string[] }>
  'unwind.release'(call: { rollbackId: string; objects: string[] }): Promise<void>
}
