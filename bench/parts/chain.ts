import { scheduleActivity } from '@temporalio/workflow'
import type { Stages } from './stages.ts'

/**
 * The bare workflow that ours is compared with: as many activities, as many at once, and nothing between them. Time-outs
 * and retries are those of the engine's activities.
 */
export async function chain(stages: Stages): Promise<void> {
  for (const atOnce of stages) await Promise.all(Array.from({ length: atOnce }, idle))
}

function idle(): Promise<void> {
  return scheduleActivity('idle', [], {
    startToCloseTimeout: 40_000,
    heartbeatTimeout: 10_000,
    retry: { initialInterval: 250, backoffCoefficient: 1.6, maximumInterval: 5_000, maximumAttempts: 40 },
  })
}
