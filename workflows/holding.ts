import { BY_ITSELF, type FollowupInput, type FollowupState, openWatches, type Watch } from '../model/followup.ts'
import type { RunInput, RunState, StepState } from '../model/run.ts'
import { call, stepCall } from './activities.ts'
import { compiledOf, routeOf } from './compiled.ts'
import { problemOf } from './problem.ts'
import type { Run } from './record.ts'

/** A day: until then whoever owns it should have changed what the hold waits for. */
const DUE = 24 * 60 * 60_000
/** A look is a few requests. */
const LIMIT = 60_000

/** What steps have put somewhere to hold the system where it is stays owed, also by a run that was aborted. */
export function oweHolds(run: Run): void {
  const { state, input } = run
  const owner = input.runbook?.owner ?? input.startedBy.subject
  const owed = state.steps.filter(holds).map((step) => ({
    ...{ id: idOf(step), text: `${step.title}: ${step.plan?.owes}`, owner, due: Date.now() + DUE },
  }))
  if (owed.length > 0) state.obligations = [...(state.obligations ?? []), ...owed]
}

/** How each of them is asked about once the run has ended. */
export function watchesOf(input: RunInput, state: RunState): Watch[] {
  return state.steps.flatMap((step) => {
    if (!holds(step) || !step.plan) return []
    const move = { from: step.plan.from, to: step.state ?? step.plan.to }
    return {
      id: idOf(step),
      ...routeOf(compiledOf(input, step)),
      call: { ...stepCall(input, state.runId, step), move },
    }
  })
}

function holds({ plan, begun, status }: StepState): boolean {
  return plan?.owes !== undefined && begun === true && status !== 'compensated'
}

function idOf({ id }: StepState): string {
  return `held-${id}`
}

/** Asks the target of each open watch; one that does not answer is asked again at the next look. */
export async function look(input: FollowupInput, state: FollowupState, show: () => void): Promise<void> {
  const { limits } = input
  if (!limits) return
  for (const watch of openWatches(input, state)) await lookAt(watch, state, limits)
  state.looked = Date.now()
  show()
}

async function lookAt(watch: Watch, state: FollowupState, limits: NonNullable<FollowupInput['limits']>): Promise<void> {
  const { id, call: argument, ...to } = watch
  const route = { ...to, limit: LIMIT, summary: `Look whether what ${argument.stepId} holds can be let go` }
  try {
    const { settled, evidence } = await call('settle', route, { ...limits, attempts: 2 }, argument)
    state.seen = { ...state.seen, [id]: evidence.summary }
    const owed = state.obligations.find((one) => one.id === id)
    if (settled && owed && !owed.settled) owed.settled = { at: Date.now(), by: BY_ITSELF, note: evidence.summary }
  } catch (error) {
    const { code, message } = problemOf(error, argument.connection)
    state.seen = { ...state.seen, [id]: `${code}: ${message}` }
  }
}
