import { isCancellation } from '@temporalio/workflow'
import type { Problem } from '../model/errors.ts'
import type { SealCall, Sealed } from '../model/calls.ts'
import { factsOf } from '../model/runbook/facts.ts'
import type { RunInput, RunState, StepState } from '../model/run.ts'
import { engine } from './activities.ts'
import { changes, compiledOf } from './compiled.ts'
import { problemOf } from './problem.ts'
import { isOpen } from './record.ts'

/** A whole plan, or the step that could not be planned and why. */
export type Planned = Sealed | { step: StepState; problem: Problem }

/** Seals all plans of a run, and reads what they need before they may be carried out. */
export async function sealAll(
  input: RunInput,
  state: Pick<RunState, 'steps' | 'procedure' | 'release'>,
  before: string | undefined,
): Promise<Planned> {
  try {
    const call = sealCall(input, state, before)
    return await engine['unwind.seal'].executeWithOptions({ summary: 'Seal the plan and read what it needs' }, [call])
  } catch (error) {
    const step = state.steps.find(isOpen) ?? state.steps[0]
    if (!step || isCancellation(error)) throw error
    return { step, problem: problemOf(error, step.connection) }
  }
}

/** The only plan of a run is sealed by the call that makes it, where the run's own workers make it. */
export function isSealedTogether(input: RunInput, steps: readonly StepState[]): boolean {
  const [step] = steps
  if (!step || steps.length > 1 || !input.sealsTogether) return false
  return compiledOf(input, step).taskQueue === undefined
}

/** What is sealed: the plans that there are, and what a runbook asks beside them. */
export function sealCall(
  input: RunInput,
  state: Pick<RunState, 'steps' | 'procedure' | 'release'>,
  before: string | undefined,
): SealCall {
  const { service, environment, policy, accept } = input
  const steps = state.steps.flatMap(({ id, kind, connection, plan }) => (plan ? [{ id, kind, connection, plan }] : []))
  const drill = input.drill && ({ drill: true } as const)
  const call = { service, environment, steps, policy, accept, ...drill, ...(before && { before }) }
  if (!input.runbook) return call
  const { revision, approvals, oneRelease = false } = input.runbook
  const asks = state.steps
    .filter((step) => !changes(step))
    .map((step) => ({ id: step.id, kind: step.kind, step: compiledOf(input, step).step }))
  return {
    ...call,
    runbook: { revision, procedure: state.procedure ?? '', approvals, oneRelease },
    asks,
    facts: factsOf(input, state, Date.now()),
  }
}
