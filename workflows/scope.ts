import { CancellationScope } from '@temporalio/workflow'
import type { Run } from './record.ts'

/**
 * Runs activities so that an abort cancels them, and waits until they have stopped. All of a run share one scope: an abort
 * ends the run, and a drill that goes on to take away what it made has dropped the scope that was cancelled.
 */
export function abortable<Result>(run: Run, work: () => Promise<Result>): Promise<Result> {
  run.scope ??= new CancellationScope({ cancellable: true })
  return run.scope.run(work)
}

/** Cancels whatever runs now. */
export function cancelAll({ scope }: Run): void {
  scope?.cancel()
}
