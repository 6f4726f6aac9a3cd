import { CancellationScope } from '@temporalio/workflow'
import type { Run } from './record.ts'

/** Runs activities so that an abort cancels them, and waits until they have stopped. */
export async function abortable<Result>(run: Run, work: () => Promise<Result>): Promise<Result> {
  const scope = new CancellationScope({ cancellable: true })
  run.scopes.add(scope)
  try {
    return await scope.run(work)
  } finally {
    run.scopes.delete(scope)
  }
}

/** Cancels whatever runs now. */
export function cancelAll({ scopes }: Run): void {
  for (const scope of scopes) scope.cancel()
}
