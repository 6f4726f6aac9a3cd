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

/** Puts a line on the checklist, as far as a document can hold it, and says what became of it. */
export function toTick({ checklist }: Draft, phase: Draft['checklist'][number]['phase'], text: string): string {
  if (text.trim() === '') return 'nothing: it says nothing'
  if (checklist.length >= 50) return 'nothing: a document holds 50 items'
  checklist.push({ phase, text: text.slice(0, 500) })
  return `checklist item ${phase}-${checklist.length}`
}
