import type { CheckCall } from '../model/calls.ts'
import type { RunInput, CompiledStep } from '../model/run.ts'
import type { Watched } from '../model/triggers/watched.ts'
import { call } from './activities.ts'
import { problemOf } from './problem.ts'

/** One look and nothing more: whatever it shows first decides; what can't be measured is tried for so long. */
const ONE_LOOK = { every: 1_000, within: 10_000, consecutive: 1, failureLimit: 0, inconclusiveLimit: 0, warmUp: 0 }
const ATTEMPTS = 2

/** Whether a trigger's condition holds now. `unknown`: it could not be measured, or nothing was there to measure. */
export interface Look {
  fires: 'yes' | 'no' | 'unknown'
  evidence: string
}

/** Measures a trigger's condition once. Throws nothing of it: what goes wrong is not known. */
export async function measureOnce(input: RunInput, watched: Watched): Promise<Look> {
  const { measurement, fires, connection, taskQueue } = watched
  try {
    const argument: CheckCall = {
      ...{ stepId: measurement.title, step: {}, connection, rollbackId: '' },
      ...{ service: input.service, environment: input.environment },
      ...{ actor: input.startedBy.subject, reason: input.reason },
      check: { ...ONE_LOOK, measurements: [measurement] },
      states: await presentStates(input, watched),
      since: Date.now(),
      limit: ONE_LOOK.within + ONE_LOOK.every,
    }
    const route = { kind: 'check', limit: argument.limit, summary: `Look: ${measurement.title}` }
    const limits = { ...input.limits, attempts: ATTEMPTS, unpolled: 20_000 }
    const verdict = await call('measure', { ...route, ...(taskQueue && { taskQueue }) }, limits, argument)
    const { status, evidence } = verdict
    if (status === 'inconclusive') return { fires: 'unknown', evidence: evidence.summary }
    return { fires: (status === 'pass') === (fires === 'holds') ? 'yes' : 'no', evidence: evidence.summary }
  } catch (error) {
    return { fires: 'unknown', evidence: problemOf(error, connection).message }
  }
}

/** A measurement of a step's object looks at it where it stands at present: what a plan would leave. */
async function presentStates(input: RunInput, { measurement }: Watched): Promise<CheckCall['states']> {
  const step = input.steps.find(({ id }) => id === measurement.of)
  if (!step) return {}
  const { from } = await planOf(input, step)
  return { [step.id]: { kind: step.kind, connection: step.connection, step: step.step, state: from } }
}

async function planOf(input: RunInput, step: CompiledStep) {
  const { id, kind, connection, taskQueue, title } = step
  const route = { kind, limit: 20_000, summary: `See where ${title} stands`, ...(taskQueue && { taskQueue }) }
  const about = { service: input.service, environment: input.environment, actor: input.startedBy.subject }
  const argument = { stepId: id, step: step.step, connection, rollbackId: '', reason: input.reason, ...about }
  return call('plan', route, { ...input.limits, attempts: ATTEMPTS }, argument)
}
