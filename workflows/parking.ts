import { patched } from '@temporalio/workflow'
import { abortEffect, choices } from '../model/choices.ts'
import type { Problem } from '../model/errors.ts'
import type { Parked, StepState } from '../model/run.ts'
import type { Evidence } from '../model/target.ts'
import { changes } from './compiled.ts'
import { failDrill } from './drilling.ts'
import { end, enter, isOpen, nextSteps, note, type Run } from './record.ts'
import { page } from './telling.ts'
import { awaitPeople, pageEvery } from './waiting.ts'

/** Stops the run at a step and waits for a person, who sees the cause, the evidence and what each answer will do. */
export function park(run: Run, step: StepState, during: Parked['during'], problem: Problem, evidence?: Evidence): void {
  if (run.state.drill) return failDrill(run, step, problem)
  step.status = 'parked'
  step.problem = problem
  step.attempt += 1
  delete step.asking
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
  const text = `${step.title}: ${problem.code}: ${problem.message}`
  note(run, 'parked', text, { stepId: step.id })
  page(run, 'parked', text)
}

/** Waits for the answer to a parked step and carries it out. Returns early when the run must continue as a new one. */
export async function answerParked(run: Run): Promise<void> {
  const { parked } = run.state
  if (!parked) return
  await awaitPeople(run, {
    summary: `Parked at ${parked.stepId}`,
    text: `Still parked at ${parked.stepId}: ${parked.problem.code}: ${parked.problem.message}`,
    stepId: parked.stepId,
    since: parked.since,
    answered: () => run.decision !== undefined,
    remind: pageEvery(run),
    keeper: parked,
  })
  const { decision } = run
  if (!decision) return
  delete run.decision
  const step = run.state.steps.find(({ id }) => id === parked.stepId)
  if (!step) return
  delete run.state.parked
  const { choice, actor, verified, fields } = decision
  // What an abort leaves behind is told by the problem too.
  if (choice !== 'abort') delete step.problem
  note(run, 'decided', `${choice}: ${step.title}${decision.note ? ` (${decision.note})` : ''}`, {
    stepId: step.id,
    actor,
    verified,
  })
  if (fields) correct(run, step, fields, actor)
  act(run, step, choice, parked.during, actor)
}

/** Fields that a person puts right: they replace those of the step from now on, and what follows is planned with them. */
function correct(run: Run, step: StepState, fields: Record<string, unknown>, actor: string): void {
  step.corrected = { ...step.corrected, ...fields }
  const text = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  note(run, 'corrected', `${step.title}: ${text.join(', ')}`.slice(0, 500), { stepId: step.id, actor })
}

function act(
  run: Run,
  step: StepState,
  choice: Parked['choices'][number]['choice'],
  during: Parked['during'],
  actor: string,
): void {
  if (choice === 'abort') return end(run, 'aborted', `Aborted: ${abortEffect(run.state)}`, actor)
  if (choice === 'compensate') {
    for (const other of run.state.steps) delete other.failed
    return enter(run, 'compensating')
  }
  if (during === 'compensate') {
    step.status = choice === 'done' ? 'compensated' : 'compensating'
    return enter(run, 'compensating')
  }
  delete step.retried
  delete step.until
  if (choice === 'skip') {
    step.status = 'skipped'
    note(run, 'step-skipped', `Skipped ${step.title}`, { stepId: step.id, actor })
  } else {
    step.status = 'planned'
    if (choice === 'done') step.byHand = true
    else delete step.byHand
  }
  // Whatever has not begun is planned anew: the world may have moved while the run waited.
  if (!finishesFirst(run, step, choice)) return enter(run, 'planning')
  if (run.state.steps.some((other) => changes(other) && !other.begun && isOpen(other))) run.state.moved = true
  enter(run, 'running')
}

/** What has begun is finished before others are planned: in the middle of its move nothing can be planned on its end. */
function finishesFirst(run: Run, step: StepState, choice: Parked['choices'][number]['choice']): boolean {
  if (choice === 'skip' || !step.begun || !nextSteps(run).every(({ begun }) => begun)) return false
  return patched('finishes-what-has-begun')
}
