import type { Finding } from './imported.ts'
import type { Item } from './item.ts'
import type { Scope } from './scope.ts'

/** What a format's reader gives: items by procedure, and the parts of a runbook that are no steps. */
export interface Draft {
  name?: string
  description?: string
  scope: Scope
  procedures: { name: string; items: Item[] }[]
  questions: { id: string; question: string; onYes: DraftBranch; onNo: DraftBranch }[]
  checklist: { phase: 'before' | 'during' | 'after' | 'communication'; text: string }[]
  contacts: Record<string, string>
  environments: Record<string, Record<string, string>>
  triggers: { id: string; check: Record<string, unknown>; mode: 'propose' }[]
  /** Channels by the event that they are told. */
  communicate: { started: string[]; finished: string[]; ticket: string[] }
  /** What became of lines that are no items of a procedure. */
  findings: Finding[]
}

type DraftBranch = { ask: string } | { run: string } | { stop: string }

/** A draft that says nothing yet. */
export function emptyDraft(scope: Scope): Draft {
  return {
    ...{ scope, procedures: [], questions: [], checklist: [], contacts: {}, environments: {}, triggers: [] },
    ...{ communicate: { started: [], finished: [], ticket: [] }, findings: [] },
  }
}
