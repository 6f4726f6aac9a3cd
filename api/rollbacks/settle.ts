import { setTimeout as pause } from 'node:timers/promises'
import { OUTCOMES } from '../../model/run.ts'
import type { Api } from '../context.ts'
import { describe, type Execution } from '../temporal/executions.ts'

const LOOK_EVERY = 50
const SETTLE_LIMIT = 3_000

/**
 * A run that has its outcome still lets go of its locks, and Temporal calls it running until it has: whoever acts on its
 * end waits for that, 3 s at the most. Any other run comes back as it is.
 */
export async function settle(api: Api, found: Execution): Promise<Execution> {
  const deadline = Date.now() + SETTLE_LIMIT
  let now = found
  while (now.open && OUTCOMES.some((outcome) => outcome === now.status) && Date.now() < deadline) {
    await pause(LOOK_EVERY)
    now = (await describe(api, found.workflowId, found.currentRunId)) ?? now
  }
  return now
}
