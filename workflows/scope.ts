import { CancellationScope } from '@temporalio/workflow'
import type { Run } from './record.ts'

/**
 * Runs activities so that an abort cancels them, and waits until they have stopped. All of a run share one scope, because
 * an abort ends the run: after it nothing is run so any more.
 */
export function abortable<Result>(run: Run, work: () => Promise<Result>): Promise<Result> {
  run.scope ??= new CancellationScope({ cancellable: true })
  return run.scope.run(work)
}

/** Cancels whatever runs now. */
export function cancelAll({ scope }: Run): void {
  scope?.cancel()
}
