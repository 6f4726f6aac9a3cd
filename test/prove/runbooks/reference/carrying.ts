import { isProblem, type Problem } from '../world.ts'
import { answer, breakGlass, type Failure, isChange, type Model, type Step } from './state.ts'

/** What a step tries again by itself: a silence, a slow system, a measurement that may come out better. */
const PASSING = ['TARGET_UNREACHABLE', 'STEP_TIMEOUT', 'VERIFY_FAILED', 'VERIFY_INCONCLUSIVE']

/** One step, with its condition and its automatic attempts. */
export function carryOut(model: Model, step: Step): Failure | undefined {
  if (!wanted(model, step)) return undefined
  for (;;) {
    const failure = carry(model, step)
    const again = failure && PASSING.includes(failure.problem.code) && step.retried < (step.retries ?? 0)
    if (!again) return failure
    step.retried += 1
  }
}

/** Time has passed, or something that a later plan is built on is left out: what has not begun is planned anew. */
export function moves({ steps }: Model, { status, role, plan, object }: Step): boolean {
  const ahead = steps.filter((other) => isChange(other) && !other.begun && other.status === 'planned')
  if (status === 'skipped') return plan !== undefined && ahead.some((other) => other.object === object)
  return ['wait', 'manual', 'approve'].includes(role) && ahead.length > 0
}

/**
 * Conditions are looked at once, just before their step: its own and that of the runbook it lies in. One that is false
 * skips it, whatever the other says; without an answer a person has one.
 */
function wanted(model: Model, step: Step): boolean {
  const around = step.id.includes('.') ? model.given.embedded[model.procedure]?.when : undefined
  const conditions = [around, step.when].filter((when) => when !== undefined)
  if (conditions.length === 0 || step.decided || step.begun) return true
  step.decided = true
  const known = conditions.map((when) => (typeof when === 'object' ? passed(model, when.passed) : when))
  if (known.every((when) => when === 'yes')) return true
  if (!known.includes('no') && answer(model, `step ${step.id}`) !== 'no') return true
  step.status = 'skipped'
  return false
}

function passed({ steps }: Model, id: string): 'yes' | 'no' {
  const { status, verdict = 'pass' } = steps.find((step) => step.id === id) ?? { status: '' }
  return status === 'done' && verdict === 'pass' ? 'yes' : 'no'
}

function carry(model: Model, step: Step): Failure | undefined {
  const { id, role, of = '' } = step
  if (role === 'check') {
    const measured = model.steps.find((other) => other.id === of)
    return measure(model, step, of, measured?.state ?? measured?.plan?.to ?? '')
  }
  if ((role === 'manual' || role === 'approve') && !agreed(model, step))
    return { step, during: 'apply', problem: { code: 'STEP_DECLINED' } }
  if (!step.plan) return done(model, step)
  step.begun = true
  const { from, to } = step.plan
  const moved = step.byHand ? undefined : model.world.move(id, { from, to })
  if (isProblem(moved)) return { step, during: 'apply', problem: moved }
  if (moved !== undefined) step.state = moved
  return measure(model, step, id, step.state ?? to)
}

/** A glass that was broken for this plan opens its steps too. */
function agreed(model: Model, { id, role }: Step): boolean {
  if (role === 'approve' && model.broken === model.digest) return true
  const said = answer(model, `step ${id}`)
  if (said === 'glass' && role === 'approve') breakGlass(model)
  return said !== 'no'
}

/** Promise 4: inconclusive is not success, unless a person answers for it. A check measures on through a silence. */
function measure(model: Model, step: Step, of: string, state: string): Failure | undefined {
  const failure = (problem: Problem): Failure => ({ step, during: 'verify', problem })
  const look = () => model.world.look(of, state, step.role === 'check' ? 'check' : 'verify')
  let verdict = look()
  while (step.role === 'check' && isProblem(verdict) && verdict.code === 'TARGET_UNREACHABLE') verdict = look()
  if (isProblem(verdict)) return failure(verdict)
  step.verdict = verdict
  if (verdict === 'fail') return failure({ code: 'VERIFY_FAILED' })
  if (verdict === 'inconclusive' && !step.byHand) return failure({ code: 'VERIFY_INCONCLUSIVE' })
  return done(model, step)
}

function done(model: Model, step: Step): undefined {
  step.status = 'done'
  model.events.add(step.id)
}
