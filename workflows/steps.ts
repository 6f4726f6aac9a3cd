import { isCancellation } from '@temporalio/workflow'
import type { Problem } from '../model/errors.ts'
import type { StepState } from '../model/run.ts'
import type { Plan, Verdict } from '../model/target.ts'
import { call, stepCall } from './activities.ts'
import { compiledOf, routeOf } from './compiled.ts'
import { fail, type Failure } from './failing.ts'
import { whyStopped } from './ledger.ts'
import { problemOf } from './problem.ts'
import { note, type Run } from './record.ts'
import { filledIn } from './references.ts'
import { abortable } from './scope.ts'

/** Moves one system: registers the compensation, applies, verifies. Answers what went wrong; throws nothing of it. */
export async function change(run: Run, step: StepState): Promise<Failure | undefined> {
  const { plan } = step
  if (!plan) return fail(step, 'plan', { code: 'INTERNAL', message: `${step.id} has no plan; retry plans it.` })
  const stopped = run.input.automatic && !step.byHand ? await whyStopped(run) : undefined
  if (stopped) return fail(step, 'plan', stopped)
  return abortable(run, () => applyAndVerify(run, step, plan))
}

async function applyAndVerify(run: Run, step: StepState, plan: Plan): Promise<Failure | undefined> {
  let during: Failure['during'] = 'apply'
  try {
    if (!step.byHand) {
      const problem = await apply(run, step, plan)
      if (problem) return fail(step, during, problem)
    }
    during = 'verify'
    const problem = await verify(run, step, plan)
    return problem && fail(step, during, problem)
  } catch (error) {
    if (isCancellation(error) && run.abort) return undefined
    return fail(step, during, problemOf(error, step.connection))
  }
}

async function apply(run: Run, step: StepState, plan: Plan): Promise<Problem | undefined> {
  const { from, to, limits } = plan
  const known = filledIn(run, { ...stepCall(run.input, run.state.runId, step), move: { from, to } })
  if ('problem' in known) return known.problem
  const retried = step.begun ? { retried: true as const } : {}
  // From here on the world may have changed, so the compensation stands before the call: a lost answer is compensated too.
  step.begun = true
  step.startedAt ??= Date.now()
  step.status = 'applying'
  note(run, 'step-started', `${step.title}: ${plan.summary}`, { stepId: step.id })
  const route = routeFor(run, step, limits.apply, `Apply ${step.title}: ${plan.summary}`)
  const argument = { ...known.value, ...retried, limit: route.limit }
  const { state } = await call('apply', route, run.input.limits, argument)
  step.state = state
  note(run, 'step-applied', `${step.title} is applied`, { stepId: step.id })
  return undefined
}

async function verify(run: Run, step: StepState, plan: Plan): Promise<Problem | undefined> {
  const state = step.state ?? plan.to
  const known = filledIn(run, { ...stepCall(run.input, run.state.runId, step), state })
  if ('problem' in known) return known.problem
  step.begun = true
  step.status = 'verifying'
  step.verifySince = Date.now()
  const route = routeFor(run, step, plan.limits.verify, `Verify ${step.title}`)
  const argument = { ...known.value, since: step.verifySince, limit: route.limit }
  const verdict = await call('verify', route, run.input.limits, argument)
  return judge(run, step, verdict)
}

/** Ends the step when the verdict is good, or proves nothing and a person answers for it; else says what is wrong. */
export function judge(run: Run, step: StepState, verdict: Verdict): Problem | undefined {
  step.verdict = verdict
  const { status, evidence } = verdict
  if (status === 'fail') return { code: 'VERIFY_FAILED', message: evidence.summary }
  if (status === 'inconclusive' && !step.byHand) return { code: 'VERIFY_INCONCLUSIVE', message: evidence.summary }
  step.status = 'done'
  step.endedAt = Date.now()
  const accepted = status === 'inconclusive' ? ' (measured nothing; accepted by a person)' : ''
  note(run, 'step-verified', `${step.title} holds${accepted}: ${evidence.summary}`, { stepId: step.id })
  return undefined
}

function routeFor(run: Run, step: StepState, planned: number, summary: string) {
  const compiled = compiledOf(run.input, step)
  return { ...routeOf(compiled), limit: Math.min(planned, compiled.timeout ?? planned), summary }
}
