import { CancellationScope, condition, defineQuery, setHandler, workflowInfo } from '@temporalio/workflow'
import { abortEffect } from '../model/choices.ts'
import { type Report, report } from '../model/report.ts'
import type { RunInput, RunState } from '../model/run.ts'
import { release } from './activities.ts'
import { approved, awaitApproval } from './approval.ts'
import { compensate } from './compensation.ts'
import { continueWhenLong, mustContinue } from './continuing.ts'
import { openInbox } from './inbox.ts'
import { answerParked, park } from './parking.ts'
import { endsPlanning, planSteps } from './planning.ts'
import { end, enter, nextStep, note, openRecord, type Run } from './record.ts'
import { abortable, carryOutStep } from './steps.ts'

/** One rollback from request to report. Ends only with an outcome: a failure parks and waits for a person. */
export async function rollback(input: RunInput): Promise<RunState> {
  const run: Run = { input, state: openRecord(input), answers: [] }
  setHandler(defineQuery<RunState>('state'), () => run.state)
  setHandler(defineQuery<Report>('report'), () => report(run.state))
  openInbox(run)
  abortWhenCancelled(run)
  await CancellationScope.nonCancellable(async () => {
    while (!run.state.outcome) {
      await advance(run)
      if (run.abort) abort(run, run.abort)
      await continueWhenLong(run)
    }
    await letGo(run)
  })
  return run.state
}

/** One step of the run's own state machine; returns when the phase may have changed. */
async function advance(run: Run): Promise<void> {
  if (run.abort) return
  switch (run.state.phase) {
    case 'planning':
      return plan(run)
    case 'awaiting-approval':
      return awaitApproval(run)
    case 'running':
      return proceed(run)
    case 'parked':
      return answerParked(run)
    case 'compensating':
      return compensate(run)
    case 'ended':
      return
  }
}

async function plan(run: Run): Promise<void> {
  const { input, state } = run
  const before = state.planDigest
  const options = { rollbackId: state.runId, lockQueue: workflowInfo().taskQueue, ...(before && { before }) }
  const planned = await abortable(run, () => planSteps(input, state.steps, options)).catch((error: unknown) => {
    if (run.abort) return undefined
    throw error
  })
  if (!planned || run.abort) return
  if ('problem' in planned) return notPlanned(run, planned)
  const { digest, need } = planned
  state.planDigest = digest
  state.plannedAt ??= Date.now()
  if (before === undefined)
    note(run, 'planned', `Planned ${state.steps.length === 1 ? 'one step' : `${state.steps.length} steps`}`)
  else if (before !== digest)
    note(run, 'plan-stale', 'The plan is another one now: the system changed since it was made')
  if (need) state.need = need
  else delete state.need
  if (approved(run)) return enter(run, 'running')
  state.needSince = Date.now()
  note(run, 'approval-needed', `Waits for an approval: ${need?.because.join('; ') ?? ''}`)
  enter(run, 'awaiting-approval')
}

function notPlanned(
  run: Run,
  { step, problem }: Extract<Awaited<ReturnType<typeof planSteps>>, { problem: unknown }>,
): void {
  const begun = run.state.steps.some((other) => other.begun)
  if (begun || !endsPlanning(problem)) return park(run, step, 'plan', problem)
  run.state.problem = problem
  step.problem = problem
  end(run, 'not-applicable', `${problem.code}: ${problem.message}`)
}

async function proceed(run: Run): Promise<void> {
  if (run.state.pause) {
    await condition(() => !run.state.pause || run.abort !== undefined || mustContinue(run))
    // The world may have moved during the pause, so what has not begun is planned anew.
    return run.state.pause ? undefined : enter(run, 'planning')
  }
  const step = nextStep(run)
  if (step) return carryOutStep(run, step)
  end(run, 'recovered', 'Every step is applied and verified')
}

/** A cancellation in Temporal means the same as an abort: stop, reverse nothing, say what stays changed. */
function abortWhenCancelled(run: Run): void {
  CancellationScope.current().cancelRequested.catch(() => {
    run.abort ??= { actor: 'cancelled in Temporal', note: 'cancelled in Temporal' }
    run.scope?.cancel()
  })
}

function abort(run: Run, { actor, note: text }: NonNullable<Run['abort']>): void {
  if (run.state.outcome) return
  note(run, 'aborted', text, { actor })
  end(run, 'aborted', `Aborted: ${abortEffect(run.state)}`, actor)
}

async function letGo({ state }: Run): Promise<void> {
  const objects = [...new Set(state.steps.flatMap((step) => (step.plan ? [step.plan.object] : [])))]
  if (objects.length === 0) return
  // A lock whose holder has ended is taken over, so failing to let go must not keep the run from ending.
  await release(state.runId, objects).catch(() => undefined)
}
