import type { StepCall } from '../model/calls.ts'
import type { ApprovalNeed } from '../model/policy.ts'
import { DEFAULT_LIMITS, type RunInput, type StepState } from '../model/run.ts'
import type { Revision } from '../model/target.ts'
import { call } from './activities.ts'
import { planSteps } from './planning.ts'
import { problemOf, refusal } from './problem.ts'
import { openRecord } from './record.ts'

/** Somebody waits in front of a terminal, so a system that is down is reported soon. */
const IMPATIENT = { ...DEFAULT_LIMITS, attempts: 3 }
const READ_LIMIT = 20_000

/** The dry run: the whole plan and what it would need, without a lock and without a change. */
export async function plan(input: RunInput): Promise<{ digest: string; steps: StepState[]; need?: ApprovalNeed }> {
  const { steps, runId } = openRecord(input)
  const planned = await planSteps({ ...input, limits: { ...input.limits, attempts: IMPATIENT.attempts } }, steps, {
    rollbackId: runId,
  })
  if ('problem' in planned) throw refusal(planned.problem)
  return { steps, ...planned }
}

/** What one object could go back to, newest first. */
export async function history(input: StepCall & { kind: string; taskQueue?: string }): Promise<Revision[]> {
  const { kind, taskQueue, ...argument } = input
  const route = {
    kind,
    ...(taskQueue && { taskQueue }),
    limit: READ_LIMIT,
    summary: `Read the history of ${argument.stepId}`,
  }
  try {
    return await call('history', route, IMPATIENT, argument)
  } catch (error) {
    throw refusal(problemOf(error, argument.connection))
  }
}
