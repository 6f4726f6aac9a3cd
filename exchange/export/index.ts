import type { RunInput, StepState } from '../../model/run.ts'
import type { Runbook } from '../../model/runbook/document.ts'
import { analysisOf } from './analysis.ts'
import { checklistOf } from './checklist.ts'
import { exactOf, playbookOfRun } from './compiled.ts'
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
  const playbook = playbookOf(document, surroundings)
  switch (form) {
    case 'script':
      return scriptOf(playbook, surroundings)
    case 'checklist':
      return checklistOf(playbook, surroundings)
    case 'github-actions':
      return workflowOf(document)
    case 'prometheus':
      return rulesOf(document, surroundings)
    case 'analysis-template':
      return analysisOf(document, surroundings)
  }
}

/**
 * The break-glass script of a compiled run, with the exact ReplicaSets of its plans where they are known: what is kept in
 * the archive for the day when Unwind itself can't be reached.
 */
export function breakGlassScript(
  input: RunInput,
  connections: Surroundings['connections'] = {},
  planned: readonly Pick<StepState, 'id' | 'plan'>[] = [],
): Exported {
  return scriptOf(playbookOfRun(input), { connections, exact: exactOf(planned) })
}

export type { Surroundings } from './playbook.ts'
