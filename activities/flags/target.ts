import { UnwindError } from '../../model/errors.ts'
import type { CallContext, Move, Plan, Revision, Verdict } from '../../model/target.ts'
import { changesOf, type Flag, type FlagState, type FlagSystem, isAt, stateOf, word } from './flag.ts'

/** What every step of a flag says. */
interface FlagStep {
  to: 'on' | 'off'
  force?: { reason: string } | undefined
}

const LIMITS = { apply: 60_000, verify: 60_000 }

/** The verbs of a target that turns a flag on or off, for any system that can. */
export function flagVerbs<Step extends FlagStep>(system: FlagSystem<Step>) {
  return {
    history: async (step: Step, context: CallContext): Promise<Revision[]> => {
      const flag = await system.read(step, context)
      return [flag.on, !flag.on].map((on) => ({
        ...{ id: word(on), title: `${flag.name}: ${word(on)}`, current: on === flag.on, verified: false, details: {} },
      }))
    },
    plan: (step: Step, context: CallContext) => plan(system, step, context),
    apply: (step: Step, move: Move<FlagState>, context: CallContext) => apply(system, step, move, context),
    verify: async (step: Step, state: FlagState, context: CallContext): Promise<Verdict> => {
      const flag = await system.read(step, context)
      const same = isAt(flag, state)
      const rules = same || flag.on !== state.on ? '' : ', but somebody has changed its rules since'
      const summary = `${flag.name} is ${word(flag.on)}${rules}`
      return { status: same ? 'pass' : 'fail', evidence: { summary, facts: { on: flag.on, rules: flag.rules } } }
    },
  }
}

async function plan<Step extends FlagStep>(
  system: FlagSystem<Step>,
  step: Step,
  context: CallContext,
): Promise<Plan<FlagState>> {
  const flag = await system.read(step, context)
  refuseOwned(flag, step)
  const from = (context.assumed as FlagState | undefined) ?? stateOf(flag)
  const to = (context.towards as FlagState | undefined) ?? { ...from, on: step.to === 'on' }
  if (from.on === to.on)
    throw new UnwindError('NO_ROLLBACK_TARGET', `${flag.name} is ${word(from.on)} already; there is nothing to turn`)
  refuseAdding(flag, to)
  const owned = flag.owner === undefined ? [] : [ownedWarning(flag)]
  return {
    summary: `${flag.name}: ${word(from.on)} → ${word(to.on)}`,
    ...{ object: flag.object, from, to, changes: changesOf(from, to), reversible: true },
    warnings: [...owned, ...(to.on ? [] : flag.warnings)],
    limits: LIMITS,
    ...(flag.impact.length > 0 && { impact: flag.impact }),
  }
}

function refuseOwned({ name, owner }: Flag, { force }: FlagStep): void {
  if (owner === undefined || force) return
  throw new UnwindError(
    'TARGET_OWNED',
    `${name} is managed by ${owner}, which would turn it back; change it there, or say force with a reason`,
  )
}

/** Turning on would add a strategy for everybody, which nobody has planned. */
function refuseAdding({ name, strategies }: Flag, { on }: FlagState): void {
  if (!on || !strategies || strategies.some(({ inForce }) => inForce)) return
  const message = `${name} has no strategy in force, and turning it on would add one for everybody; add one there, then retry`
  throw new UnwindError('TARGET_REJECTED', message)
}

function ownedWarning({ name, owner }: Flag) {
  return { code: 'OWNED', message: `${name} is managed by ${owner}, which may turn it back`, confirm: true }
}

async function apply<Step extends FlagStep>(
  system: FlagSystem<Step>,
  step: Step,
  { from, to }: Move<FlagState>,
  context: CallContext,
): Promise<{ state: FlagState } | { again: number; doing: string }> {
  const flag = await system.read(step, context)
  if (isAt(flag, to)) return { state: to }
  if (!isAt(flag, from)) {
    const message = `somebody has changed the rules of ${flag.name} since the plan; look at it and plan anew`
    throw new UnwindError('PLAN_STALE', message, { untouched: flag.on === from.on })
  }
  await system.turn(step, to.on, context)
  return { again: 0, doing: `turns ${flag.name} ${word(to.on)}` }
}
