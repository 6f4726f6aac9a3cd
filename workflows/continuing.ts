import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { RunInput } from '../model/run.ts'
import type { Run } from './record.ts'

/** Whether the history has grown so long that the run should go on as a new execution. */
export function mustContinue({ input }: Run): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo()
  return continueAsNewSuggested || historyLength >= input.limits.events
}

/** Goes on as a new execution with the whole record when the history is long, once no message is half answered. */
export async function continueWhenLong(run: Run): Promise<void> {
  if (!mustContinue(run) || run.state.outcome) return
  await condition(allHandlersFinished)
  if (run.decision || run.abort || run.rejected || run.answers.length > 0) return
  await continueAsNew<(input: RunInput) => Promise<unknown>>({ ...run.input, carried: run.state })
}
