import { CancellationScope, isCancellation } from '@temporalio/workflow'
import type { Problem } from '../model/errors.ts'
import type { Parked, StepState } from '../model/run.ts'
import type { Plan, Verdict } from '../model/target.ts'
import { call, stepCall } from './activities.ts'
import { park } from './parking.ts'
import { compiledOf, routeOf } from './planning.ts'
import { problemOf } from './problem.ts'
import { enter, note, type Run } from './record.ts'

/** Carries one step out: register the compensation, apply, verify. A failure parks or compensates; none is thrown. */
export async function carryOutStep(run: Run, step: StepState): Promise<void> {
  const { plan } = step
  if (!plan) return park(run, step, 'plan', { code: 'INTERNAL', message: `${step.id} has no plan; retry plans it.` })
  let during: Parked['during'] = 'apply'
  try {
    if (!step.byHand) await apply(run, step, plan)
    during = 'verify'
    await verify(run, step, plan)
  } catch (error) {
    if (isCancellation(error) && run.abort) return
    fail(run, step, during, problemOf(error, step.connection))
  }
}

/** Runs activities so that an abort cancels them, and waits until they have stopped. */
export async function abortable<Result>(run: Run, work: () => Promise<Result>): Promise<Result> {
  const scope = new CancellationScope({ cancellable: true })
  run.scope = scope
  try {
    return await scope.run(work)
  } finally {
    delete run.scope
  }
}

async function apply(run: Run, step: StepState, plan: Plan): Promise<void> {
  // From here on the world may have changed, so the compensation stands before the call: a lost answer is compensated too.
  step.begun = true
  step.startedAt ??= Date.now()
  step.status = 'applying'
  note(run, 'step-started', `${step.title}: ${plan.summary}`, { stepId: step.id })
  const { from, to, limits } = plan
  const route = routeFor(run, step, limits.apply, `Apply ${step.title}: ${plan.summary}`)
  const argument = { ...stepCall(run.input, run.state.runId, step), move: { from, to }, limit: route.limit }
  const { state } = await abortable(run, () => call('apply', route, run.input.limits, argument))
  step.state = state
  note(run, 'step-applied', `${step.title} is applied`, { stepId: step.id })
}

async function verify(run: Run, step: StepState, plan: Plan): Promise<void> {
  step.begun = true
  step.status = 'verifying'
  step.verifySince = Date.now()
  const route = routeFor(run, step, plan.limits.verify, `Verify ${step.title}`)
  const state = step.state ?? plan.to
  const argument = { ...stepCall(run.input, run.state.runId, step), state, since: step.verifySince, limit: route.limit }
  const verdict = await abortable(run, () => call('verify', route, run.input.limits, argument))
  step.verdict = verdict
  if (verdict.status === 'pass' || (verdict.status === 'inconclusive' && step.byHand)) return done(run, step, verdict)
  const code = verdict.status === 'fail' ? 'VERIFY_FAILED' : 'VERIFY_INCONCLUSIVE'
  fail(run, step, 'verify', { code, message: verdict.evidence.summary })
}

function done(run: Run, step: StepState, verdict: Verdict): void {
  step.status = 'done'
  step.endedAt = Date.now()
  const accepted = verdict.status === 'inconclusive' ? ' (measured nothing; accepted by a person)' : ''
  note(run, 'step-verified', `${step.title} holds${accepted}: ${verdict.evidence.summary}`, { stepId: step.id })
}

/** Parks, compensates, or, when the target swears that nothing of ours happened yet, plans anew and asks again. */
function fail(run: Run, step: StepState, during: Parked['during'], problem: Problem): void {
  const digest = run.state.planDigest ?? ''
  if (
    problem.code === 'PLAN_STALE' &&
    problem.facts?.['untouched'] === true &&
    step.problem?.facts?.['digest'] !== digest
  ) {
    step.begun = false
    step.status = 'waiting'
    step.problem = { ...problem, facts: { ...problem.facts, digest } }
    note(run, 'plan-stale', `${step.title}: ${problem.message}`, { stepId: step.id })
    return enter(run, 'planning')
  }
  if (compiledOf(run.input, step).onFailure === 'compensate') {
    step.problem = problem
    step.status = 'parked'
    note(run, 'compensating', `${step.title}: ${problem.code}: ${problem.message}`, { stepId: step.id })
    return enter(run, 'compensating')
  }
  park(run, step, during, problem, step.verdict?.evidence)
}

function routeFor(run: Run, step: StepState, planned: number, summary: string) {
  const compiled = compiledOf(run.input, step)
  return { ...routeOf(compiled), limit: Math.min(planned, compiled.timeout ?? planned), summary }
}
