import { ApplicationFailure } from '@temporalio/workflow'
import { withCorrections } from '../model/runbook/corrected.ts'
import type { CompiledStep, RunInput, StepState } from '../model/run.ts'

/** What names a step: its id is unique within its procedure only. */
export type StepKey = Pick<StepState, 'id' | 'procedure' | 'corrected'>

/** The compiled step of a record's step, with what a person corrected; both are made from the same list. */
export function compiledOf(input: RunInput, step: StepKey): CompiledStep {
  const compiled = input.steps.find(({ id, procedure }) => id === step.id && procedure === step.procedure)
  if (!compiled) throw ApplicationFailure.nonRetryable(`step ${step.id} is not in the run's input`, 'INTERNAL')
  return withCorrections(compiled, step.corrected)
}

/** Where a step's activities run. */
export function routeOf({ kind, taskQueue }: CompiledStep): { kind: string; taskQueue?: string } {
  return { kind, ...(taskQueue && { taskQueue }) }
}

/** Whether a step moves a system: only such a step is planned, begun and taken back. */
export function changes({ role }: Pick<StepState, 'role'>): boolean {
  return role === undefined || role === 'change'
}
