import type { StepState } from '../model/run.ts'
import { askAboutStep } from './asking.ts'
import { changes, compiledOf } from './compiled.ts'
import { evaluate } from './evaluating.ts'
import { type Failure, keepUnsettled, settle, triesAgain, unsettled } from './failing.ts'
import { enter, note, type Run } from './record.ts'
import { byRole } from './roles.ts'
import { page } from './telling.ts'
import { elapsed } from './timing.ts'

/** Carries out steps that belong together, at the same time. What failed is settled once all of them have come to rest. */
export async function carryOut(run: Run, steps: readonly StepState[]): Promise<void> {
  const [only] = steps.length === 1 ? steps : []
  const failures = only ? [await carryOne(run, only)] : await Promise.all(steps.map((step) => carryOne(run, step)))
  if (run.abort) return
  const failed = failures.filter((failure) => failure !== undefined)
  const rests = steps.every(({ status }, index) => failures[index] || status === 'done' || status === 'skipped')
  if (failed.length > 0) return rests ? settle(run, failed) : keepUnsettled(failed)
  if (steps.some((step) => movesPlans(run, step))) run.state.moved = true
  // Where the run goes on as a new execution, others of the group may still ask people: that comes first there as well.
  if (run.state.moved && rests) enter(run, 'planning')
}

/** One step with its condition and its automatic attempts. Undefined: it is done, skipped, or gone on with later. */
async function carryOne(run: Run, step: StepState): Promise<Failure | undefined> {
  const kept = unsettled(step)
  if (kept) return kept
  const { when } = compiledOf(run.input, step)
  const isOpen = when !== undefined && !step.inputs && !step.begun
  if (isOpen && !(await isWanted(run, step, when))) return undefined
  for (;;) {
    const rests = step.until !== undefined && step.role !== 'wait'
    if (rests && !(await elapsed(run, step, `Before another attempt: ${step.title}`))) return undefined
    const failure = await byRole(run, step)
    if (!failure || run.abort) return undefined
    if (!triesAgain(run, failure)) return tellOfGroup(run, failure)
  }
}

/** A failure in a group is parked once its neighbours have come to rest; people hear of it at once. */
function tellOfGroup(run: Run, failure: Failure): Failure {
  const { step, problem } = failure
  if (step.group === undefined) return failure
  const text = `${step.title}: ${problem.code}: ${problem.message}`
  note(run, 'step-failed', `${text}; parks once the others of its group have come to rest`, { stepId: step.id })
  page(run, 'step-failed', text)
  return failure
}

/** Evaluates the step's `when`, just before the step; what can't be evaluated is asked of a person. */
async function isWanted(run: Run, step: StepState, when: string): Promise<boolean> {
  let asking = step.asking?.what === 'when' ? step.asking : undefined
  if (!asking) {
    const evaluated = await evaluate(run, when, `Whether to carry out ${step.title}`)
    if (run.abort) return false
    if ('value' in evaluated) return decided(run, step, evaluated.value, evaluated.inputs, when)
    const { inputs, unknown } = evaluated
    asking = { what: 'when', question: `Carry out ${step.title}? (${when})`, because: unknown, inputs, since: 0 }
  }
  const { what, question, because, inputs = {} } = asking
  const given = await askAboutStep(run, step, { what, question, inputs, ...(because && { because }) })
  if (!given) return false
  step.status = changes(step) ? 'planned' : 'waiting'
  return decided(run, step, given.answer === 'yes', { ...inputs, answer: given.answer }, when)
}

function decided(run: Run, step: StepState, wanted: boolean, inputs: Record<string, unknown>, when: string): boolean {
  step.inputs = inputs
  if (wanted) return true
  step.status = 'skipped'
  note(run, 'step-skipped', `Skipped ${step.title}: ${when} is false`, { stepId: step.id })
  return false
}

/**
 * Whether what comes after has to be planned anew: time has passed while people or a wait held the run, or a step is
 * left out on whose result a later plan is built.
 */
function movesPlans({ state }: Run, step: StepState): boolean {
  const ahead = state.steps.filter((other) => changes(other) && !other.begun && other.status === 'planned')
  if (step.status === 'skipped') return ahead.some(({ plan }) => plan && plan.object === step.plan?.object)
  const waited = step.role === 'wait' || step.role === 'manual' || step.role === 'approve'
  return step.status === 'done' && waited && ahead.length > 0
}
