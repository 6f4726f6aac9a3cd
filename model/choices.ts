import type { Choice, Parked, RunState, StepState } from './run.ts'

type During = Parked['during']

/** The answers that a parked run takes, each with what it will do in words of this very run. */
export function choices(state: RunState, step: StepState, during: During): Parked['choices'] {
  const offered: Parked['choices'] = [{ choice: 'retry', effect: retryEffect(step, during) }]
  if (during === 'compensate') offered.push({ choice: 'done', effect: `counts ${step.title} as taken back by hand` })
  const done = doneEffect(step, during)
  if (done) offered.push({ choice: 'done', effect: done })
  // What people are asked for in mid-run can't be left out, whatever the step says.
  if (during !== 'compensate' && step.optional && step.role !== 'approve')
    offered.push({
      choice: 'skip',
      effect: `goes on without ${step.title}${step.begun ? '; it can still be taken back' : ''}`,
    })
  const begun = toTakeBack(state)
  if (during !== 'compensate' && begun.length > 0)
    offered.push({ choice: 'compensate', effect: compensateEffect(state, begun) })
  offered.push({ choice: 'abort', effect: abortEffect(state) })
  return offered
}

/** The begun steps whose move still stands, latest first: what a compensation takes back and an abort leaves. */
export function toTakeBack(state: RunState): StepState[] {
  return state.steps.filter((step) => step.begun && step.status !== 'compensated').toReversed()
}

/** The begun steps that may have changed something: all but those whose target swears that this run wrote nothing there. */
export function staysChanged(state: RunState): StepState[] {
  return toTakeBack(state).filter((step) => !isUntouched(step))
}

/** Whether the record offers this answer now. */
export function offers(state: RunState, choice: Choice): boolean {
  return state.parked?.choices.some((offered) => offered.choice === choice) ?? false
}

/** What an abort would leave as it is. */
export function abortEffect(state: RunState): string {
  const changed = staysChanged(state)
  if (changed.length === 0) return 'ends the run; nothing has been changed'
  return `ends the run and reverses nothing; stays changed: ${changed.map((step) => step.title).join(', ')}`
}

function compensateEffect(state: RunState, begun: StepState[]): string {
  if (staysChanged(state).length === 0) return 'ends the run; nothing has been changed'
  return `takes back what was done: ${begun.map(takesBack).join('; ')}`
}

/** By hand one can do a change, and answer for a check that proved nothing; never for one that failed. */
function doneEffect({ title, role = 'change', problem }: StepState, during: During): string | undefined {
  if (during !== 'apply' && during !== 'verify') return undefined
  if (role === 'change') return `counts ${title} as done by hand; it is still verified`
  if (role !== 'check' || problem?.code !== 'VERIFY_INCONCLUSIVE') return undefined
  return `measures ${title} once more, and goes on if that proves nothing again`
}

function retryEffect(step: StepState, during: During): string {
  if (step.problem?.code === 'RUN_OVERDUE') return `goes on with ${step.title}, past the time that the runbook gives`
  if (step.role === 'check') return `measures ${step.title} anew`
  if (step.role === 'manual' || step.role === 'approve') return `asks again: ${step.title}`
  if (during === 'plan') return `plans ${step.title} again`
  if (during === 'compensate') return `tries again to take ${step.title} back`
  return `goes on with ${step.title} from where it stands`
}

function takesBack(step: StepState): string {
  if (isUntouched(step)) return `${step.title} (nothing has been changed there)`
  const changes = (step.plan?.changes ?? []).slice(0, 3)
  const back = changes.map((change) => `${change.path} ${change.to ?? '(absent)'} → ${change.from ?? '(absent)'}`)
  return back.length > 0 ? `${step.title} (${back.join(', ')})` : step.title
}

/** A refusal that came before the first write; a state that was applied, or a hand that did it, says otherwise. */
function isUntouched({ problem, state, byHand }: StepState): boolean {
  return problem?.facts?.['untouched'] === true && !state && !byHand
}
