import type { Notice } from '../notices/notice.ts'
import type { ApprovalNeed } from '../policy.ts'
import type { ChecklistItem, ParameterValue } from './compiled.ts'

/** What CEL expressions may read. Absent means unknown: an expression that needs it has no answer. */
export interface Facts {
  service: string
  environment: string
  parameters: Record<string, ParameterValue>
  /** Epoch milliseconds, from the workflow's clock. */
  now: number
  alert?: { startsAt: string; labels: Record<string, string> }
  release?: ReleaseFacts
  plan?: PlanFacts
  /** Verdicts of the steps before, by id: `steps.healthy.passed`. */
  steps?: Record<string, { status: string; passed: boolean }>
}

/** The release that is left. Times are RFC 3339. */
export interface ReleaseFacts {
  version?: string
  deployedAt?: string
  commit?: string
  migrations?: string[]
}

/** What an approval rule may ask of the plan. */
export interface PlanFacts {
  irreversible: boolean
  data: boolean
  steps: number
  kinds: string[]
  warnings: string[]
}

/** The path through the decision tree so far, and the question that waits for a person. */
export interface Decision {
  path: Answered[]
  asking?: Asking
}

/** One answered question: by evidence, with what it was evaluated from, or by a person. */
export interface Answered {
  id: string
  question: string
  answer: 'yes' | 'no'
  at: number
  by: 'evidence' | { subject: string }
  expression?: string
  inputs?: Record<string, unknown>
  note?: string
}

/** A question that waits for a person, and why evidence has no answer. */
export interface Asking {
  id: string
  question: string
  attempt: number
  since: number
  because?: string
  expression?: string
  inputs?: Record<string, unknown>
  nudged?: Nudged
}

/** What a step waits for: a `when` without an answer, a manual step, or an approval in mid-run. */
export interface StepAsking {
  what: 'when' | 'manual' | 'approve'
  question: string
  because?: string
  since: number
  /** Of a `when`: what it was evaluated from. */
  inputs?: Record<string, unknown>
  /** Of an approval: who has to say yes. */
  need?: ApprovalNeed
  /** Of an approval: somebody said no. */
  rejected?: { by: string; note?: string }
  nudged?: Nudged
}

/** When somebody was last reminded of what waits, and when it was escalated. Epoch milliseconds. */
export interface Nudged {
  reminded?: number
  /** How often so far. */
  times?: number
  escalated?: number
}

/** A message to people that no channel has confirmed yet. */
export interface Untold {
  key: string
  channels: string[]
  event: string
  text: string
  /** The run as it stood then. Absent in records of earlier versions, whose messages are text only. */
  notice?: Notice
  /** Only what the channel shows of the run changes; nobody is addressed. */
  quiet?: true
  /** It may have arrived: whoever tells it again looks first. */
  unsure?: true
  /** Since when it is on its way, how often that failed, and until when it waits. Epoch milliseconds. */
  sentAt?: number
  tries?: number
  notBefore?: number
}

/** What a channel keeps of a run: its own id of the message or ticket, and where people find that. */
export interface Heard {
  known: string
  url?: string
}

/** A checklist item with who or what ticked it. */
export interface TickedItem extends ChecklistItem {
  ticked?: { at: number; by: string; note?: string }
}

/** Something that stays owed after the run ended. Times are epoch milliseconds. */
export interface Obligation {
  id: string
  text: string
  owner: string
  due: number
  settled?: { at: number; by: string; note?: string }
}
