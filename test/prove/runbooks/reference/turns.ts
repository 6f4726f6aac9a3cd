import type { Choice } from '../../../../model/run.ts'
import { choiceOf } from '../case.ts'
import { isProblem } from '../world.ts'
import {
  answer,
  ask,
  begunOf,
  breakGlass,
  end,
  type Failure,
  isChange,
  isOpen,
  type Model,
  nextOf,
  type Step,
} from './state.ts'

/** Promise 1: all is planned before a change; another plan than before, or one never agreed to, is asked for. */
export function plan(model: Model): void {
  model.moved = false
  while (!model.outcome) {
    const failed = planAll(model)
    if (failed) {
      const hopeless = failed.problem.code === 'NO_ROLLBACK_TARGET' && failed.step.wanted === undefined
      return hopeless && !model.steps.some(({ begun }) => begun) ? end(model, 'not-applicable') : park(model, failed)
    }
    const before = model.digest
    const planned = model.steps.filter((step) => step.plan)
    model.digest = JSON.stringify(planned.map((step) => [step.id, step.plan]))
    model.events.add('planned')
    model.stale = before !== '' && (before !== model.digest || model.stale)
    const asks = model.given.approvals > 0 || model.stale || planned.some(({ irreversible }) => irreversible)
    if (!asks || model.approved.has(model.digest) || model.broken === model.digest) return
    if (model.given.expiring) return refuse(model, 'expired', 'APPROVAL_EXPIRED')
    const said = answer(model, 'plan')
    model.stops.push(`plan → ${said}`)
    if (said === 'no') return refuse(model, 'rejected', 'STEP_DECLINED')
    if (said === 'glass') breakGlass(model)
    else model.approved.add(model.digest)
  }
}

function planAll(model: Model): Failure | undefined {
  const unbegun = model.steps.filter((step) => isChange(step) && !step.begun && step.status !== 'skipped')
  for (const failed of unbegun.map((step) => planOne(model, step))) {
    const settled = failed && afterEarlier(model, failed)
    if (settled) return settled
  }
  const left = new Map<string, string>()
  for (const step of model.steps) {
    if (!step.plan || step.status === 'skipped') continue
    const earlier = left.get(step.object ?? '')
    const again = earlier !== undefined && !step.begun ? planOne(model, step, earlier) : undefined
    if (again) return again
    left.set(step.object ?? '', step.plan.to)
  }
  return undefined
}

/** What finds nothing to go back to is planned from what an earlier step is yet to leave, and holds on the same object. */
function afterEarlier(model: Model, failed: Failure): Failure | undefined {
  const { step, problem } = failed
  const before = model.steps.slice(0, model.steps.indexOf(step))
  const earlier = before.findLast((other) => other.plan && other.status !== 'skipped')
  if (problem.code !== 'NO_ROLLBACK_TARGET' || !earlier) return failed
  const again = planOne(model, step, earlier.plan?.to)
  if (again || step.object === earlier.object) return again
  delete step.plan
  return failed
}

function planOne(model: Model, step: Step, assumed?: string): Failure | undefined {
  const made = model.world.plan(step.id, assumed, step.wanted)
  if (isProblem(made)) return { step, during: 'plan', problem: made }
  Object.assign(step, { plan: made, status: 'planned' })
  return undefined
}

/** A no before any change ends the run; later a person says what becomes of the changes. */
function refuse(model: Model, outcome: string, code: string): void {
  const next = model.steps.find((step) => !step.begun && isOpen(step))
  if (!next || begunOf(model).length === 0) return end(model, outcome)
  park(model, { step: next, during: 'plan', problem: { code } })
}

/** Once all of a group rest: taken back if one says so; planned anew where nothing happened; else one after the other. */
export function settle(model: Model, failures: Failure[]): void {
  const isStale = ({ step, problem }: Failure) => problem.untouched && step.problem?.digest !== model.digest
  const others = failures.filter((failure) => !isStale(failure))
  for (const { step, problem } of failures.filter(isStale))
    Object.assign(step, { begun: false, status: 'waiting', problem: { ...problem, digest: model.digest } })
  for (const { step, problem } of others) Object.assign(step, { status: 'parked', problem })
  if (others.some(({ step }) => step.onFailure === 'compensate')) return compensate(model)
  const [first, ...rest] = others
  return first ? park(model, first, rest) : plan(model)
}

/** A pause holds the run before whatever comes next; then what has not begun is planned anew. */
export function rests(model: Model): void {
  while (model.paused && !model.outcome) {
    model.stops.push('paused → resume')
    model.paused = false
    plan(model)
  }
}

/** Promise 3: a person decides. `rest` are failures of the same group, which come after this one. */
export function park(model: Model, { step, during, problem }: Failure, rest: Failure[] = []): void {
  Object.assign(step, { status: 'parked', problem })
  const choices = offered(model, { step, during, problem })
  const fixable = isChange(step) && !step.begun && during !== 'compensate'
  const choice = choiceOf(model.given, { id: step.id, nth: ask(model, `park ${step.id}`), fixable }, choices)
  model.stops.push(`${step.id} ${problem.code} [${choices.join(' ')}] → ${choice}`)
  if (choice === 'abort') return end(model, 'aborted')
  delete step.problem
  if (choice === 'compensate') return compensate(model)
  const back = during === 'compensate'
  if (choice === 'done' && step.plan) model.world.put(step.id, back ? step.plan.from : step.plan.to)
  if (back) {
    step.status = choice === 'done' ? 'compensated' : 'compensating'
    return compensate(model)
  }
  step.retried = 0
  step.status = choice === 'skip' ? 'skipped' : 'planned'
  if (choice.startsWith('fix:')) step.wanted = choice.slice('fix:'.length)
  if (choice !== 'skip') step.byHand = choice === 'done'
  const finishesFirst = choice !== 'skip' && step.begun && nextOf(model).every(({ begun }) => begun)
  if (!finishesFirst) plan(model)
  else model.moved ||= model.steps.some((other) => isChange(other) && !other.begun && isOpen(other))
  const [next, ...others] = rest
  if (!next) return
  rests(model)
  if (!model.outcome) park(model, next, others)
}

function offered(model: Model, { step, during, problem }: Failure): Choice[] {
  const back = during === 'compensate'
  const unproven = step.role === 'check' && problem.code === 'VERIFY_INCONCLUSIVE'
  const hand = back || ((during === 'apply' || during === 'verify') && (isChange(step) || unproven))
  const skip = !back && step.optional && step.role !== 'approve'
  const all: [Choice, boolean][] = [
    ['retry', true],
    ['done', hand],
    ['skip', skip],
    ['compensate', !back && begunOf(model).length > 0],
    ['abort', true],
  ]
  return all.flatMap(([choice, possible]) => (possible ? [choice] : []))
}

/** All are attempted, the latest first; then the first that failed parks as any step does. */
function compensate(model: Model): void {
  const failures: Failure[] = []
  for (const step of begunOf(model)) {
    const { id, plan: made = { from: '', to: '' }, irreversible } = step
    const back = { from: step.state ?? made.to, to: made.from, back: true } as const
    const moved = irreversible ? { code: 'TARGET_REJECTED' } : model.world.move(id, back)
    if (isProblem(moved)) failures.push({ step, during: 'compensate', problem: moved })
    if (!irreversible) step.status = isProblem(moved) ? 'parked' : 'compensated'
  }
  const [failed] = failures
  return failed ? park(model, failed) : end(model, 'compensated')
}
