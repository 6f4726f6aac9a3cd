import type { StepCall } from '../model/calls.ts'
import { expectedOf } from '../model/expected.ts'
import { DEFAULT_LIMITS } from '../model/limits.ts'
import type { DryRun, RunInput } from '../model/run.ts'
import type { Revision } from '../model/target.ts'
import { call } from './activities.ts'
import { choose, walk } from './deciding.ts'
import { planSteps } from './planning.ts'
import { problemOf, refusal } from './problem.ts'
import { openRun } from './record.ts'

/** Somebody waits in front of a terminal, so a system that is down is reported soon. */
const IMPATIENT = { ...DEFAULT_LIMITS, attempts: 3 }
const READ_LIMIT = 20_000

/**
 * The dry run: the whole plan and what it would need, without a lock and without a change. A runbook is walked by
 * evidence and by the answers in the input; an open question is answered instead of a plan.
 */
export async function plan(input: RunInput): Promise<DryRun> {
  const run = openRun({ ...input, limits: { ...input.limits, attempts: IMPATIENT.attempts } })
  const { state } = run
  const arrived = await walk(run)
  const { decision } = state
  if (arrived && 'stop' in arrived) return { steps: [], stop: arrived.stop, ...(decision && { decision }) }
  if (arrived && 'asks' in arrived) return { steps: [], decision: { path: decision?.path ?? [], asking: arrived.asks } }
  if (arrived) choose(run, arrived.run)
  const planned = await planSteps(run.input, state, { rollbackId: state.runId })
  if ('problem' in planned) throw refusal(planned.problem)
  const { steps, procedure } = state
  const expected = expectedOf(steps, input.steps)
  return { steps, ...planned, expected, ...(procedure !== undefined && { procedure }), ...(decision && { decision }) }
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
