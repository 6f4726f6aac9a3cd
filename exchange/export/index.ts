import type { Runbook } from '../../model/runbook/document.ts'
import { analysisOf } from './analysis.ts'
import { checklistOf } from './checklist.ts'
import { playbookOf, type Surroundings } from './playbook.ts'
import { rulesOf } from './prometheus.ts'
import { scriptOf } from './script/script.ts'
import { workflowOf } from './workflow.ts'

/** What a runbook can be exported as. */
export const FORMS = ['script', 'checklist', 'github-actions', 'prometheus', 'analysis-template'] as const
export type Form = (typeof FORMS)[number]

/** A file, and what of the runbook it does not say or says differently. */
export interface Exported {
  text: string
  remarks: string[]
}

/** Writes a runbook in another form. Throws RangeError when `surroundings` name an environment that it doesn't have. */
export function exportRunbook(form: Form, document: Runbook, surroundings: Surroundings = {}): Exported {
  if (form === 'github-actions') return workflowOf(document)
  const playbook = playbookOf(document, surroundings)
  if (form === 'prometheus') return rulesOf(document, surroundings.environment)
  if (form === 'analysis-template') return analysisOf(document, surroundings)
  return form === 'script' ? scriptOf(playbook, surroundings) : checklistOf(playbook, surroundings)
}

export type { Exact, Surroundings } from './playbook.ts'
