import { isCancellation } from '@temporalio/workflow'
import type { Problem } from '../model/errors.ts'
import type { LockCall, SealCall, Sealed } from '../model/calls.ts'
import { factsOf } from '../model/runbook/facts.ts'
import type { RunInput, RunState, StepState } from '../model/run.ts'
import { lockedBy } from '../model/target.ts'
import { engine, lock, seal } from './activities.ts'
import { changes, compiledOf } from './compiled.ts'
import { problemOf } from './problem.ts'
import { isOpen } from './record.ts'

/** A whole plan, or the step that could not be planned and why. */
export type Planned = Sealed | { step: StepState; problem: Problem }

/** What of a run is sealed. */
type Sealing = Pick<RunState, 'steps' | 'procedure' | 'release'>

/** Seals all plans of a run, and reads what they need before they may be carried out. */
export async function sealAll(input: RunInput, state: Sealing, before: string | undefined): Promise<Planned> {
  try {
    const call = sealCall(input, state, before)
    return await engine['unwind.seal'].executeWithOptions({ summary: 'Seal the plan and read what it needs' }, [call])
  } catch (error) {
    return refusedBy(state, error)
  }
}

/** Seals them, and takes the locks of everything that they would move by the same call. */
export async function sealWithLocks(
  input: RunInput,
  state: Sealing,
  before: string | undefined,
  locks: LockCall,
): Promise<Planned> {
  try {
    const sealed = await seal({ ...sealCall(input, state, before), locks }, input.limits)
    // A worker of an earlier version has sealed and nothing else.
    return sealed.locked ? sealed : ((await lockAll(input, state, locks)) ?? sealed)
  } catch (error) {
    return refusedBy(state, error)
  }
}

/** The same where a worker of an earlier version has made a plan: by two calls, beside one another. */
export async function sealBesideLocks(
  input: RunInput,
  state: Sealing,
  before: string | undefined,
  locks: LockCall,
): Promise<Planned> {
  const [sealed, refused] = await Promise.all([sealAll(input, state, before), lockAll(input, state, locks)])
  return refused ?? sealed
}

/** Undefined once the run holds them all. */
async function lockAll(input: RunInput, state: Sealing, locks: LockCall): Promise<Planned | undefined> {
  try {
    await lock(locks, input.limits)
    return undefined
  } catch (error) {
    return refusedBy(state, error)
  }
}

/** The problem at the step whose object it names, or else at the next one; throws what is no refusal. */
function refusedBy({ steps }: Sealing, error: unknown): Planned {
  const next = steps.find(isOpen) ?? steps[0]
  if (!next || isCancellation(error)) throw error
  const problem = problemOf(error, next.connection)
  const object = String(problem.facts?.['object'])
  const named = steps.find(({ plan, begun, status }) => {
    return plan && !begun && status !== 'skipped' && lockedBy(plan).includes(object)
  })
  return { step: named ?? next, problem }
}

/** The only plan of a run is sealed by the call that makes it, where the run's own workers make it. */
export function isSealedTogether(input: RunInput, steps: readonly StepState[]): boolean {
  const [step] = steps
  if (!step || steps.length > 1 || !input.sealsTogether) return false
  return compiledOf(input, step).taskQueue === undefined
}

/** What is sealed: the plans that there are, and what a runbook asks beside them. */
export function sealCall(input: RunInput, state: Sealing, before: string | undefined): SealCall {
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
