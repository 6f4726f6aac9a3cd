import { staysChanged } from '../model/choices.ts'
import type { Problem } from '../model/errors.ts'
import type { StepState } from '../model/run.ts'
import { end, enter, note, type Run } from './record.ts'
import { page } from './telling.ts'

/** What a drill leaves costs money, and may hold copies of data: it is owed within a day. Milliseconds. */
const OWED = 24 * 60 * 60_000

/** Every step of a drill held: what it has made goes away again. */
export function passDrill(run: Run): void {
  const { drill, startedAt } = run.state
  if (drill) drill.took ??= Date.now() - startedAt
  note(run, 'compensating', 'Every step held: the drill passed; what it made is taken away')
  enter(run, 'compensating')
}

/** A drill that fails has said what it was for: nobody is waited for, and what it made is taken away. */
export function failDrill(run: Run, step: StepState, problem: Problem): void {
  step.status = 'parked'
  step.problem = problem
  const text = `${step.title}: ${problem.code}: ${problem.message}`
  note(run, 'step-failed', text, { stepId: step.id })
  takeAway(run, problem)
}

/** Who stops a drill wants it gone: it is taken away first. Who stops it once more meanwhile leaves what is there. */
export function stopDrill(run: Run, { actor, note: text }: NonNullable<Run['abort']>): void {
  delete run.abort
  delete run.scope
  note(run, 'aborted', text, { actor })
  takeAway(run, { code: 'STEP_DECLINED', message: `stopped before its end: ${text}` })
}

/** Ends a drill of which something could not be taken away. */
export function leaveDrill(run: Run): void {
  end(run, 'aborted', `Not everything is taken away; still there: ${leftBy(run).join(', ')}`)
}

/** What a drill has left is owed by somebody, who is told at once and reminded. */
export function oweWhatIsLeft(run: Run): void {
  const { state, input } = run
  const left = staysChanged(state)
  if (left.length === 0) return
  const owner = input.runbook?.owner ?? 'whoever may start drills'
  state.obligations = left.map(({ id, title, plan, problem }) => {
    const why = problem ? ` (${problem.code}: ${problem.message})` : ''
    const text = `Take away by hand what the drill of ${title} has made (${plan?.object ?? id})${why}`
    return { id: `left-${id}`, text, owner, due: Date.now() + OWED }
  })
  page(run, 'drill-left', `A drill could not take away what it made: ${leftBy(run).join(', ')}`)
}

function takeAway(run: Run, problem: Problem): void {
  const { drill, steps } = run.state
  if (drill) drill.problem ??= problem
  for (const step of steps) delete step.failed
  enter(run, 'compensating')
}

function leftBy({ state }: Run): string[] {
  return staysChanged(state).map(({ title }) => title)
}
