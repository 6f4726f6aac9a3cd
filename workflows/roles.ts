import { isCancellation } from '@temporalio/workflow'
import type { CheckCall } from '../model/calls.ts'
import { readable } from '../model/duration.ts'
import type { StepState } from '../model/run.ts'
import { call, notify, stepCall } from './activities.ts'
import { askAboutStep, awaitStepApproval } from './asking.ts'
import { compiledOf, routeOf } from './compiled.ts'
import { fail, type Failure } from './failing.ts'
import { problemOf } from './problem.ts'
import { note, type Run } from './record.ts'
import { filledIn } from './references.ts'
import { abortable } from './scope.ts'
import { change, judge } from './steps.ts'
import { tell } from './telling.ts'
import { elapsed } from './timing.ts'

type Carry = (run: Run, step: StepState) => Promise<Failure | undefined>

/** Carries a step out by its role. The step is done afterwards, or has failed, or has to be gone on with later. */
export function byRole(run: Run, step: StepState): Promise<Failure | undefined> {
  return ROLES[step.role ?? 'change'](run, step)
}

const ROLES: Record<NonNullable<StepState['role']>, Carry> = {
  change,
  check,
  wait,
  async manual(run, step) {
    const { text = step.title } = compiledOf(run.input, step).asked ?? {}
    const given = await askAboutStep(run, step, { what: 'manual', question: text })
    if (!given) return undefined
    const note = given.note ? `: ${given.note}` : ''
    if (given.answer === 'yes') return done(run, step, `${step.title}: done, says ${given.actor}${note}`, given.actor)
    const message = `${given.actor} said no${note}. Retry asks again.`
    return fail(step, 'apply', { code: 'STEP_DECLINED', message })
  },
  async approve(run, step) {
    const answer = await awaitStepApproval(run, step)
    if (answer === undefined) return undefined
    return answer === 'yes' ? done(run, step, `${step.title}: approved`) : fail(step, 'apply', answer)
  },
  notify: tellPeople,
}

async function check(run: Run, step: StepState): Promise<Failure | undefined> {
  const compiled = compiledOf(run.input, step)
  if (!compiled.check) return fail(step, 'verify', { code: 'INTERNAL', message: `${step.id} has nothing to measure.` })
  const { within, warmUp, every } = compiled.check
  const limit = Math.min(warmUp + within + every, compiled.timeout ?? Number.POSITIVE_INFINITY)
  step.startedAt ??= Date.now()
  step.status = 'verifying'
  step.verifySince = Date.now()
  note(run, 'step-started', `${step.title}: measures for up to ${readable(limit)}`, { stepId: step.id })
  const route = { ...routeOf(compiled), kind: 'check', limit, summary: `Check ${step.title}` }
  const known = filledIn(run, { ...stepCall(run.input, run.state.runId, step), check: compiled.check })
  if ('problem' in known) return fail(step, 'verify', known.problem)
  const argument: CheckCall = {
    ...known.value,
    states: measuredStates(run, compiled.check),
    since: step.verifySince,
    limit,
  }
  try {
    const verdict = await abortable(run, () => call('measure', route, run.input.limits, argument))
    const { status, evidence, samples } = verdict
    step.samples = samples
    const problem = judge(run, step, { status, evidence })
    return problem && fail(step, 'verify', problem)
  } catch (error) {
    if (isCancellation(error) && run.abort) return undefined
    return fail(step, 'verify', problemOf(error, step.connection))
  }
}

/** Where the steps that are measured have left their objects, by step id. */
function measuredStates({ state, input }: Run, { measurements }: CheckCall['check']): CheckCall['states'] {
  const named = new Set(measurements.flatMap(({ of }) => of ?? []))
  const steps = state.steps.flatMap((step) => {
    const at = step.state ?? step.plan?.to
    if (!named.has(step.id) || !at) return []
    const { kind, connection } = step
    return [[step.id, { kind, connection, step: compiledOf(input, step).step, state: at }] as const]
  })
  return Object.fromEntries(steps)
}

async function wait(run: Run, step: StepState): Promise<undefined> {
  if (step.until === undefined) {
    const { wait: span = 0 } = compiledOf(run.input, step).asked ?? {}
    step.startedAt = Date.now()
    step.until = step.startedAt + span
    const text = `${step.title}: waits ${readable(span)}, until ${new Date(step.until).toISOString().slice(0, 19)}Z`
    note(run, 'step-started', text, { stepId: step.id })
  }
  step.status = 'applying'
  if (await elapsed(run, step, `Wait: ${step.title}`)) done(run, step, `${step.title}: waited`)
}

/** Telling people never fails a run: who could not be told is in the evidence. */
async function tellPeople(run: Run, step: StepState): Promise<undefined> {
  const { text = step.title, channels = [] } = compiledOf(run.input, step).asked ?? {}
  const { service, environment } = run.input
  step.startedAt ??= Date.now()
  if (run.outbox) {
    done(run, step, `${step.title}: on its way to ${channels.join(', ')}`)
    return tell(run, channels, 'step', text) as undefined
  }
  step.status = 'applying'
  const message = { key: `${run.state.runId}/${step.id}`, channels, event: 'step', text, service, environment }
  const told = await abortable(run, () => notify(message)).catch(() => undefined)
  if (run.abort) return
  const deaf = told ? told.channels.filter(({ ok }) => !ok).map(({ name }) => name) : channels
  done(run, step, deaf.length > 0 ? `${step.title}: could not tell ${deaf.join(', ')}` : `${step.title}: told`)
}

function done(run: Run, step: StepState, text: string, actor?: string): undefined {
  step.status = 'done'
  step.endedAt = Date.now()
  note(run, 'step-done', text, { stepId: step.id, ...(actor && { actor }) })
}
