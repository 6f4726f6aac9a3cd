import { isCancellation, patched } from '@temporalio/workflow'
import { errors, type Problem } from '../model/errors.ts'
import type { LocksLater, PlanCall, SealCall } from '../model/calls.ts'
import type { RunInput, RunState, StepState } from '../model/run.ts'
import { lockedBy, type Plan, type State } from '../model/target.ts'
import { call, stepCall } from './activities.ts'
import { changes, compiledOf, routeOf } from './compiled.ts'
import { problemOf } from './problem.ts'
import { isSealedTogether, type Planned, sealAll, sealBesideLocks, sealCall, sealWithLocks } from './sealing.ts'

/** Bound on one `plan`, retries of a silent system excluded. */
const PLAN_LIMIT = 60_000
/** Plans of one run that are made at the same time: quick, without a stampede on one API server. */
const AT_ONCE = 10

/** How the plans of a run are made: whether they take their object's lock, or note whose nobody has taken yet. */
interface Planning {
  rollbackId: string
  lockQueue?: string
  /** Seals the only plan of the run in the call that makes it. */
  seal?: SealCall
  unlocked?: Map<string, LocksLater>
}

/**
 * Plans every step that moves a system and has not begun, and seals the whole. Changes nothing but `plan` and `status`
 * of these steps. A step on an object that an earlier step moves is planned from where that step leaves it.
 */
export async function planSteps(
  input: RunInput,
  state: Pick<RunState, 'steps' | 'procedure' | 'release'>,
  options: { rollbackId: string; lockQueue?: string; before?: string },
): Promise<Planned> {
  const steps = state.steps.filter(changes)
  const unbegun = steps.filter((step) => !step.begun && step.status !== 'skipped')
  const together = unbegun.length === 1 && isSealedTogether(input, steps)
  const seal = together ? { ...sealCall(input, state, options.before), steps: [] } : undefined
  const { rollbackId, lockQueue } = options
  const unlocked = new Map<string, LocksLater>()
  const planning = { rollbackId, ...(lockQueue && { lockQueue }), ...(seal ? { seal } : { unlocked }) }
  const first = await inBatches(unbegun, (step) => planOne(input, step, planning))
  for (const planned of first) {
    const settled = planned && (await afterEarlier(input, steps, planned, planning))
    if (settled) return settled
  }
  const again = await planFollowers(input, steps, planning)
  if (again) return again
  // The answers say so: which workers made the plans, those of an earlier version or not, is in no input.
  if (unlocked.size === 0) return sealAll(input, state, options.before)
  const locks = { rollbackId, objects: [...unlocked.keys()] }
  const withSeal = [...unlocked.values()].every((how) => how === 'with-seal')
  return (withSeal ? sealWithLocks : sealBesideLocks)(input, state, options.before, locks)
}

/** What planning does with a problem: the request can't be carried out, or a person can mend the surroundings. */
export function endsPlanning(problem: Problem): boolean {
  return errors[problem.code].atPlan === 'end'
}

async function planOne(
  input: RunInput,
  step: StepState,
  { rollbackId, lockQueue, seal, unlocked }: Planning,
  { assumed, earlier }: Pick<PlanCall, 'assumed' | 'earlier'> = {},
): Promise<Planned | undefined> {
  const compiled = compiledOf(input, step)
  const route = { ...routeOf(compiled), limit: PLAN_LIMIT, summary: `Plan ${step.title}` }
  const towards = compiled.towards
  try {
    const {
      sealed,
      unlocked: free,
      ...plan
    } = await call('plan', route, input.limits, {
      ...stepCall(input, rollbackId, step),
      ...(lockQueue && { lockQueue }),
      ...(lockQueue && unlocked && { locksLater: 'with-seal' as const }),
      ...(towards && { towards }),
      ...(assumed && { assumed }),
      ...(earlier && { earlier }),
      ...(seal && { seal }),
    })
    if (free) for (const object of lockedBy(plan)) unlocked?.set(object, free)
    step.plan = plan
    step.status = 'planned'
    return sealed
  } catch (error) {
    if (isCancellation(error)) throw error
    return { step, problem: problemOf(error, step.connection) }
  }
}

/**
 * A step that finds nothing to go back to may be about what an earlier step of the run is yet to leave, as one that opens
 * what will be fenced by then: it is planned from there, and holds if it is about the same object.
 */
async function afterEarlier(
  input: RunInput,
  steps: readonly StepState[],
  planned: Planned,
  options: Planning,
): Promise<Planned | undefined> {
  if (!('problem' in planned) || planned.problem.code !== 'NO_ROLLBACK_TARGET') return planned
  const { step } = planned
  const { plan: earlier } =
    steps
      .slice(0, steps.indexOf(step))
      .findLast(
        ({ kind, connection, plan, status }) =>
          plan && status !== 'skipped' && kind === step.kind && connection === step.connection,
      ) ?? {}
  if (!earlier || !patched('plans-after-earlier')) return planned
  const again = await planOne(input, step, options, { assumed: earlier.to })
  if (again) return again
  if (step.plan?.object === earlier.object) return undefined
  delete step.plan
  return planned
}

async function planFollowers(input: RunInput, steps: StepState[], options: Planning): Promise<Planned | undefined> {
  const left = new Map<string, State>()
  for (const step of steps) {
    if (!step.plan || step.status === 'skipped') continue
    const known = leftBefore(step.plan, left)
    if (known && !step.begun) {
      const problem = await planOne(input, step, options, known)
      if (problem) return problem
    }
    left.set(step.plan.object, step.plan.to)
    for (const [object, state] of Object.entries(step.plan.leaves ?? {})) left.set(object, state)
  }
  return undefined
}

/** What earlier steps leave of the object of a plan, or of single ones where it moves several. */
function leftBefore(
  { object, also = [], leaves }: Plan,
  left: ReadonlyMap<string, State>,
): Pick<PlanCall, 'assumed' | 'earlier'> | undefined {
  const assumed = left.get(object)
  if (assumed) return { assumed }
  // A target that tells of none can't be told of any: those of earlier versions didn't.
  const each = leaves ? also.flatMap((one) => (left.has(one) ? [[one, left.get(one)] as const] : [])) : []
  return each.length > 0 ? { earlier: Object.fromEntries(each) as Record<string, State> } : undefined
}

async function inBatches<Item, Result>(items: Item[], each: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += AT_ONCE)
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(each))))
  return results
}
