import type { ApprovalRule } from '../policy.ts'

/** Everything about a runbook that a run needs beside its steps. Part of the input: editing the file touches no run. */
export interface CompiledRunbook {
  name: string
  /** sha256 of the canonical JSON of the document. */
  revision: string
  /** Where it was read: a file's path, or repository, ref, path and commit. */
  source: string
  owner?: string
  parameters: Record<string, ParameterValue>
  /** Whether the runbook has a parameter of type release: then all plans must belong to one release. */
  oneRelease?: boolean
  /** Asked in the order of their branches, the first one first; empty when the runbook has one procedure only. */
  questions: Question[]
  /** The procedure that runs without a question. Absent where the decision tree chooses. */
  procedure?: string
  /** The first whose `when` holds applies; one that can't be evaluated holds. The environment's floor comes on top. */
  approvals: ApprovalRule[]
  /** Milliseconds after which the run parks and pages before its next step; it never ends a run. */
  timeout?: number
  contacts: Record<string, string>
  communicate: Communicate
  checklist: ChecklistItem[]
}

export type ParameterValue = string | number | boolean

/** A question of the decision tree. Evidence answers it where it can; else a person does. */
export interface Question {
  id: string
  question: string
  /** CEL, of type bool. */
  evidence?: string
  onYes: Branch
  onNo: Branch
}

/** Where an answer leads: to the next question, to a procedure, or to the end of the run without a change. */
export type Branch = { ask: string } | { run: string } | { stop: string }

/** Channels to tell, by event; their names are configuration. */
export interface Communicate {
  started?: string[]
  needsPerson?: string[]
  finished?: string[]
  ticket?: string[]
}

export const CHECKLIST_PHASES = ['before', 'during', 'after', 'communication'] as const

/** One line of the checklist. `ticks` names the event or step that ticks it; without it a person does. */
export interface ChecklistItem {
  id: string
  phase: (typeof CHECKLIST_PHASES)[number]
  text: string
  required: boolean
  ticks?: { event: string } | { step: string }
}

/** What a check measures and how a series of measurements is judged. Milliseconds. */
export interface CompiledCheck {
  every: number
  within: number
  /** So many passes in a row are needed. */
  consecutive: number
  /** More failures than this end the check at once; absent: only `within` ends it. */
  failureLimit?: number
  /** More inconclusive measurements than this end the check as inconclusive. */
  inconclusiveLimit?: number
  /** Measurements before this time are kept as evidence and not counted. */
  warmUp: number
  measurements: CompiledMeasurement[]
}

/** One measurement of a check: `kind` names the file in activities/checks, `spec` is what its schema has read. */
export interface CompiledMeasurement {
  kind: string
  title: string
  connection?: string
  spec: Record<string, unknown>
  /** The step whose object is measured. */
  of?: string
}

/** What a step that touches no system asks of the engine. */
export interface Asked {
  text: string
  /** An approval in mid-run. */
  rule?: ApprovalRule
  /** Channels of a notify step. */
  channels?: string[]
  /** A wait, in milliseconds. */
  wait?: number
}
