import { condition } from '@temporalio/workflow'
import { abortEffect, choices } from '../model/choices.ts'
import type { Problem } from '../model/errors.ts'
import type { Parked, StepState } from '../model/run.ts'
import type { Evidence } from '../model/target.ts'
import { mustContinue } from './continuing.ts'
import { end, enter, note, type Run } from './record.ts'

/** Stops the run at a step and waits for a person, who sees the cause, the evidence and what each answer will do. */
export function park(run: Run, step: StepState, during: Parked['during'], problem: Problem, evidence?: Evidence): void {
  step.status = 'parked'
  step.problem = problem
  step.attempt += 1
  run.state.parked = {
    stepId: step.id,
    attempt: step.attempt,
    during,
    problem,
    ...(evidence && { evidence }),
    choices: choices(run.state, step, during),
    since: Date.now(),
  }
  enter(run, 'parked')
  note(run, 'parked', `${step.title}: ${problem.code}: ${problem.message}`, { stepId: step.id })
}

/** Waits for the answer to a parked step and carries it out. Returns early when the run must continue as a new one. */
export async function answerParked(run: Run): Promise<void> {
  await condition(() => run.decision !== undefined || run.abort !== undefined || mustContinue(run))
  const { decision } = run
  const parked = run.state.parked
  if (!decision || !parked) return
  delete run.decision
  const step = run.state.steps.find(({ id }) => id === parked.stepId)
  if (!step) return
  delete run.state.parked
  const { choice, actor, verified } = decision
  // What an abort leaves behind is told by the problem too.
  if (choice !== 'abort') delete step.problem
  note(run, 'decided', `${choice}: ${step.title}${decision.note ? ` (${decision.note})` : ''}`, {
    stepId: step.id,
    actor,
    verified,
  })
  carryOut(run, step, choice, parked.during, actor)
}

function carryOut(
  run: Run,
  step: StepState,
  choice: Parked['choices'][number]['choice'],
  during: Parked['during'],
  actor: string,
): void {
  if (choice === 'abort') return end(run, 'aborted', `Aborted: ${abortEffect(run.state)}`, actor)
  if (choice === 'compensate') return enter(run, 'compensating')
  if (during === 'compensate') {
    step.status = choice === 'done' ? 'compensated' : 'compensating'
    return enter(run, 'compensating')
  }
  if (choice === 'skip') {
    step.status = 'skipped'
    note(run, 'step-skipped', `Skipped ${step.title}`, { stepId: step.id, actor })
  } else {
    step.status = 'planned'
    if (choice === 'done') step.byHand = true
    else delete step.byHand
  }
  // Whatever has not begun is planned anew: the world may have moved while the run waited.
  enter(run, 'planning')
}
