import { readable } from '../model/duration.ts'
import type { ErrorCode, Problem } from '../model/errors.ts'
import type { Parked, StepState } from '../model/run.ts'
import { compiledOf } from './compiled.ts'
import { park } from './parking.ts'
import { enter, note, type Run } from './record.ts'

/** A step that could not be carried out, where it stood, and why. */
export interface Failure extends Pick<Parked, 'during' | 'problem' | 'evidence'> {
  step: StepState
}

/** What went wrong, with the last that was measured. */
export function fail(step: StepState, during: Parked['during'], problem: Problem): Failure {
  return { step, during, problem, ...(step.verdict && { evidence: step.verdict.evidence }) }
}

/** What trying again by itself can mend: a silence, a slow system, a measurement that may come out better. */
const PASSING: readonly ErrorCode[] = [
  'TARGET_UNREACHABLE',
  'NO_WORKER',
  'STEP_TIMEOUT',
  'VERIFY_FAILED',
  'VERIFY_INCONCLUSIVE',
  'INTERNAL',
]

/** Counts one more automatic attempt and sets when it begins; false when a person has to decide instead. */
export function triesAgain(run: Run, { step, during, problem }: Failure): boolean {
  const { retry } = compiledOf(run.input, step)
  const retried = step.retried ?? 0
  if (!retry || during === 'plan' || retried >= retry.attempts || !PASSING.includes(problem.code)) return false
  step.retried = retried + 1
  step.until = Date.now() + retry.pause
  const again = `tries again in ${readable(retry.pause)} (${step.retried} of ${retry.attempts})`
  note(run, 'step-retried', `${step.title}: ${problem.code}: ${problem.message}; ${again}`, { stepId: step.id })
  return true
}

/**
 * Decides what failures lead to, once all steps that ran together have settled: taking back where one of them asks for
 * it, a new plan where a target swears that nothing of ours happened yet, and otherwise a person, one step after the other.
 */
export function settle(run: Run, failures: readonly Failure[]): void {
  const stale = failures.filter((failure) => isUntouched(run, failure))
  for (const { step, problem } of stale) planAnew(run, step, problem)
  const others = failures.filter((failure) => !stale.includes(failure))
  const takesBack = others.filter(({ step }) => compiledOf(run.input, step).onFailure === 'compensate')
  for (const failure of others) {
    const { step, during, problem, evidence } = failure
    step.problem = problem
    step.status = 'parked'
    delete step.failed
    if (takesBack.includes(failure))
      note(run, 'compensating', `${step.title}: ${problem.code}: ${problem.message}`, { stepId: step.id })
    else if (takesBack.length === 0) step.failed = { during, problem, ...(evidence && { evidence }) }
  }
  if (takesBack.length > 0) return enter(run, 'compensating')
  if (!parkNext(run)) enter(run, 'planning')
}

/** Keeps failures until their neighbours have come to rest, also in a later execution of the run. */
export function keepUnsettled(failures: readonly Failure[]): void {
  for (const { step, during, problem, evidence } of failures) {
    step.status = 'parked'
    step.failed = { during, problem, ...(evidence && { evidence }), unsettled: true }
  }
}

/** A failure that was kept so, before its step is carried out again. */
export function unsettled(step: StepState): Failure | undefined {
  if (!step.failed?.unsettled) return undefined
  const { unsettled: _unsettled, ...failed } = step.failed
  return { step, ...failed }
}

/** Parks the next step of a group whose failure nobody has answered yet; false when there is none. */
export function parkNext(run: Run): boolean {
  const step = run.state.steps.find(({ failed }) => failed !== undefined && !failed.unsettled)
  if (!step?.failed) return false
  const { during, problem, evidence } = step.failed
  delete step.failed
  park(run, step, during, problem, evidence)
  return true
}

/** Only once per plan: a target that says so again about the very plan that followed has to be looked at. */
function isUntouched({ state }: Run, { step, problem }: Failure): boolean {
  if (problem.code !== 'PLAN_STALE' || problem.facts?.['untouched'] !== true) return false
  return step.problem?.facts?.['digest'] !== (state.planDigest ?? '')
}

function planAnew(run: Run, step: StepState, problem: Problem): void {
  step.begun = false
  delete step.failed
  step.status = 'waiting'
  step.problem = { ...problem, facts: { ...problem.facts, digest: run.state.planDigest ?? '' } }
  note(run, 'plan-stale', `${step.title}: ${problem.message}`, { stepId: step.id })
}
