import { condition } from '@temporalio/workflow'
import type { StepState } from '../model/run.ts'
import { mustContinue } from './continuing.ts'
import type { Run } from './record.ts'

/**
 * Waits until the time that a step is set to. False when something else has to be done first: an abort, a pause, a
 * continuation. The time stands meanwhile, so that the wait goes on where it was.
 */
export async function elapsed(run: Run, step: StepState, summary: string): Promise<boolean> {
  const left = (step.until ?? 0) - Date.now()
  const stop = () => run.abort !== undefined || run.state.pause !== undefined || mustContinue(run)
  if (left > 0 && (await condition(stop, left, { summary: summary.slice(0, 190) }))) return false
  delete step.until
  return true
}

/** Whether the run has gone on for longer than its runbook allows, and nobody has been asked about it yet. */
export function isOverdue({ input, state }: Run): boolean {
  const limit = input.runbook?.timeout
  return limit !== undefined && !state.overdue && Date.now() > state.startedAt + limit
}
