import type { FollowupMessages } from './followup.ts'
import type { Choice } from './run.ts'
import type { FleetMessages, ServiceMessages } from './service/messages.ts'
import type { ProposalMessages } from './triggers/proposal.ts'

/** The updates of a run. Each names what it answers, so that a stale click is refused and not misread. */
export interface Messages {
  /** `stepId` answers an `approve` step in mid-run; without it the plan is meant. */
  approve: { planDigest: string; stepId?: string; note?: string }
  /** Goes on without the approvals that are missing; an approval is owed afterwards. */
  breakGlass: { planDigest: string; incident: string; note: string }
  reject: { planDigest: string; stepId?: string; note?: string }
  /** `fields` corrects a step that has not begun, a check or a wait: they replace those of the step as it was compiled. */
  decide: { stepId: string; attempt: number; choice: Choice; note?: string; fields?: Record<string, unknown> }
  /** Answers a question of the decision tree, a `when` that could not be evaluated, or a manual step. */
  answer: { questionId: string; attempt: number; answer: 'yes' | 'no'; note?: string }
  tick: { item: string; note?: string }
  claim: { note?: string }
  pause: { note?: string }
  resume: { note?: string }
  abort: { note: string }
}

export type MessageName = keyof Messages

/** A message that the API signs, to whichever workflow. */
export type AnyMessage =
  | MessageName
  | keyof FollowupMessages
  | keyof ServiceMessages
  | keyof FleetMessages
  | keyof ProposalMessages

/** `signed` is the API's proof of who asks (a JWS); without it a message may only pause or retry. */
export type Signed<Message> = Message & { signed?: string }

/** What the API signs. Times in seconds, as in any JWT. */
export interface MessageClaims {
  sub: string
  groups: string[]
  message: AnyMessage
  workflowId: string
  /** sha256 of the canonical JSON of the message without its signature. */
  digest: string
  iat: number
  exp: number
}

/** Audience of the signatures, so that a token made for something else is worth nothing here. */
export const MESSAGE_AUDIENCE = 'unwind/message'

/** What each message does, as an operator reads it in the Temporal UI. */
export const MESSAGE_DESCRIPTIONS: Record<MessageName, string> = {
  approve: 'Say yes to the plan with this digest. Needs a signature: use the API, the page or `unwind approve`.',
  reject: 'Say no to the plan with this digest (nothing is changed), or to an approve step. Needs a signature.',
  decide:
    'Answer a parked step: {"stepId": "…", "attempt": N, "choice": "retry"}. Without a signature only retry is taken.',
  breakGlass:
    'Go on without the missing approvals in an emergency. Needs a right of its own, an incident and a reason.',
  answer: 'Answer a question of the decision tree or a manual step with yes or no. Needs a signature.',
  tick: 'Tick an item of the checklist. Needs a signature.',
  claim: 'Say that you are driving this run; paging stops. Needs a signature.',
  pause: 'Stop before the next step. The step that is running goes on to its end.',
  resume: 'Go on after a pause. Needs a signature.',
  abort: 'End the run now. Reverses nothing and lists what stays changed. Needs a signature.',
}
