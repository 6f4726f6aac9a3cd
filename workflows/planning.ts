import { ApplicationFailure, isCancellation } from '@temporalio/workflow'
import { errors, type Problem } from '../model/errors.ts'
import type { ApprovalNeed } from '../model/policy.ts'
import type { CompiledStep, RunInput, StepState } from '../model/run.ts'
import type { Plan, State } from '../model/target.ts'
import { call, engine, stepCall } from './activities.ts'
import { problemOf } from './problem.ts'

/** Bound on one `plan`, retries of a silent system excluded. */
const PLAN_LIMIT = 60_000
/** Plans of one run that are made at the same time: quick, without a stampede on one API server. */
const AT_ONCE = 10

/** A whole plan, or the step that could not be planned and why. */
export type Planned = { digest: string; need?: ApprovalNeed } | { step: StepState; problem: Problem }

/**
 * Plans every step that has not begun and seals the whole. Changes nothing but `plan` and `status` of the steps given.
 * A step on an object that an earlier step moves is planned from where that step leaves it.
 */
export async function planSteps(
  input: RunInput,
  steps: StepState[],
  options: { rollbackId: string; lockQueue?: string; before?: string },
): Promise<Planned> {
  const open = steps.filter((step) => !step.begun && step.status !== 'skipped')
  const first = await inBatches(open, (step) => planOne(input, step, options))
  const failed = first.find((problem) => problem !== undefined)
  if (failed) return failed
  const again = await planFollowers(input, steps, options)
  if (again) return again
  const planned = steps.flatMap(({ id, kind, connection, plan }) => (plan ? [{ id, kind, connection, plan }] : []))
  const { service, environment, policy, accept } = input
  try {
    const sealed = {
      service,
      environment,
      steps: planned,
      policy,
      accept,
      ...(options.before && { before: options.before }),
    }
    return await engine['unwind.seal'].executeWithOptions({ summary: 'Seal the plan and read what it needs' }, [sealed])
  } catch (error) {
    const [step] = steps
    if (!step || isCancellation(error)) throw error
    return { step, problem: problemOf(error, step.connection) }
  }
}

/** What planning does with a problem: the request can't be carried out, or a person can mend the surroundings. */
export function endsPlanning(problem: Problem): boolean {
  return errors[problem.code].atPlan === 'end'
}

async function planOne(
  input: RunInput,
  step: StepState,
  { rollbackId, lockQueue }: { rollbackId: string; lockQueue?: string },
  assumed?: State,
): Promise<{ step: StepState; problem: Problem } | undefined> {
  const compiled = compiledOf(input, step)
  const route = { ...routeOf(compiled), limit: PLAN_LIMIT, summary: `Plan ${step.title}` }
  const towards = compiled.towards
  try {
    step.plan = await call('plan', route, input.limits, {
      ...stepCall(input, rollbackId, step),
      ...(lockQueue && { lockQueue }),
      ...(towards && { towards }),
      ...(assumed && { assumed }),
    })
    step.status = 'planned'
    return undefined
  } catch (error) {
    if (isCancellation(error)) throw error
    return { step, problem: problemOf(error, step.connection) }
  }
}

async function planFollowers(
  input: RunInput,
  steps: StepState[],
  options: { rollbackId: string; lockQueue?: string },
): Promise<{ step: StepState; problem: Problem } | undefined> {
  const left = new Map<string, Plan>()
  for (const step of steps) {
    if (!step.plan || step.status === 'skipped') continue
    const earlier = left.get(step.plan.object)
    if (earlier && !step.begun) {
      const problem = await planOne(input, step, options, earlier.to)
      if (problem) return problem
    }
    left.set(step.plan.object, step.plan)
  }
  return undefined
}

/** The compiled step of a record's step; both are made from the same list. */
export function compiledOf(input: RunInput, step: Pick<StepState, 'id'>): CompiledStep {
  const compiled = input.steps.find(({ id }) => id === step.id)
  if (!compiled) throw ApplicationFailure.nonRetryable(`step ${step.id} is not in the run's input`, 'INTERNAL')
  return compiled
}

/** Where a step's activities run. */
export function routeOf({ kind, taskQueue }: CompiledStep): { kind: string; taskQueue?: string } {
  return { kind, ...(taskQueue && { taskQueue }) }
}

async function inBatches<Item, Result>(items: Item[], each: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += AT_ONCE)
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(each))))
  return results
}
