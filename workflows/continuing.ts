import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { RunInput } from '../model/run.ts'
import type { Run } from './record.ts'

/**
 * Whether the history has grown so long that the run should go on as a new execution. Not while something that was said
 * waits to be acted upon: whoever waits for the continuation would then come round at once, for ever.
 */
export function mustContinue(run: Run): boolean {
  if (isHalfAnswered(run)) return false
  const { input } = run
  const { continueAsNewSuggested, historyLength } = workflowInfo()
  return continueAsNewSuggested || historyLength >= input.limits.events
}

/** Goes on as a new execution with the whole record, once no message is half answered. */
export async function continueWhenLong(run: Run): Promise<void> {
  if (run.state.outcome) return
  await condition(allHandlersFinished)
  if (isHalfAnswered(run) || run.abort) return
  const { input, state: carried, locked } = run
  await continueAsNew<(input: RunInput) => Promise<unknown>>({ ...input, carried, ...(locked && { locked }) })
}

function isHalfAnswered({ decision, rejected, answers }: Run): boolean {
  return decision !== undefined || rejected === true || answers.length > 0
}
