import { isCancellation, patched } from '@temporalio/workflow'
import { toTakeBack } from '../model/choices.ts'
import type { Problem } from '../model/errors.ts'
import type { StepState } from '../model/run.ts'
import { call, stepCall } from './activities.ts'
import { compiledOf, routeOf } from './compiled.ts'
import { leaveDrill } from './drilling.ts'
import { park } from './parking.ts'
import { problemOf } from './problem.ts'
import { end, note, type Run } from './record.ts'
import { filledIn } from './references.ts'
import { abortable } from './scope.ts'

const GONE = 'Everything that this drill made is taken away'

/**
 * Takes back every begun step, the latest first. All are attempted, but for data under a step that is not back; then the
 * first that failed parks like any step.
 */
export async function compensate(run: Run): Promise<void> {
  const failures: { step: StepState; problem: Problem }[] = []
  for (const step of toTakeBack(run.state)) {
    if (standsBelow(run, step, failures)) continue
    const problem = await takeBack(run, step)
    if (run.abort) return
    if (problem) failures.push({ step, problem })
  }
  const [failed] = failures
  if (failed && run.state.drill) return leaveDrill(run)
  if (failed) return park(run, failed.step, 'compensate', failed.problem)
  end(run, 'compensated', run.state.drill ? GONE : 'Everything that this run changed is back as it was before')
}

/**
 * What touches data may lead to another database as long as a later step stands: a fence by the name that a promotion has
 * given away opens the wrong one. It is taken back once that step is.
 */
function standsBelow({ state }: Run, { plan }: StepState, failures: readonly { step: StepState }[]): boolean {
  if (state.drill || !plan?.data || !failures.some(({ step }) => step.plan?.data)) return false
  return patched('data-in-order')
}

async function takeBack(run: Run, step: StepState): Promise<Problem | undefined> {
  const { plan } = step
  if (!plan) return undefined
  if (plan.reversible !== true)
    return { code: 'TARGET_REJECTED', message: `${step.title} can't be taken back: ${plan.reversible.because}` }
  // Of a step that parked, an earlier way back may have written.
  const retried = step.status === 'parked' ? { retried: true as const } : {}
  step.status = 'compensating'
  note(run, 'compensating', `Taking back ${step.title}`, { stepId: step.id })
  const limit = plan.limits.apply
  const route = { ...routeOf(compiledOf(run.input, step)), limit, summary: `Take back ${step.title}` }
  const move = { from: step.state ?? plan.to, to: plan.from }
  const known = filledIn(run, { ...stepCall(run.input, run.state.runId, step), move })
  if ('problem' in known) return notBack(run, step, known.problem)
  try {
    const argument = { ...known.value, ...retried, limit }
    await abortable(run, () => call('apply', route, run.input.limits, argument))
  } catch (error) {
    if (isCancellation(error) && run.abort) return undefined
    return notBack(run, step, problemOf(error, step.connection))
  }
  step.status = 'compensated'
  delete step.problem
  note(run, 'step-compensated', `${step.title} is back as it was`, { stepId: step.id })
  return undefined
}

function notBack(run: Run, step: StepState, problem: Problem): Problem {
  step.problem = problem
  step.status = 'parked'
  note(run, 'compensating', `${step.title} is not back: ${problem.code}: ${problem.message}`, { stepId: step.id })
  return problem
}
