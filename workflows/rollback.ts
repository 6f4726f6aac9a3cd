import { CancellationScope, condition, defineQuery, patched, setHandler, workflowInfo } from '@temporalio/workflow'
import { abortEffect } from '../model/choices.ts'
import { headline } from '../model/details.ts'
import { readable } from '../model/duration.ts'
import type { ApprovalNeed } from '../model/policy.ts'
import { type Report, report as reportOf } from '../model/report/report.ts'
import type { RunInput, RunState, StepState } from '../model/run.ts'
import { approved, awaitApproval } from './approval.ts'
import { carryOut } from './carrying.ts'
import { close } from './closing.ts'
import { compensate } from './compensation.ts'
import { continueWhenLong, mustContinue } from './continuing.ts'
import { decide } from './deciding.ts'
import { oweWhatIsLeft, stopDrill } from './drilling.ts'
import { handOver, keep, takeLeave } from './ending.ts'
import { parkNext } from './failing.ts'
import { openInbox } from './inbox.ts'
import { answerParked, park } from './parking.ts'
import { endsPlanning, planSteps } from './planning.ts'
import { end, enter, nextSteps, note, openRun, type Run } from './record.ts'
import { abortable, cancelAll } from './scope.ts'
import { oweHolds } from './holding.ts'
import { page, parting, refresh, report, tell, tellAgain } from './telling.ts'
import { isOverdue } from './timing.ts'

/** One rollback from request to report. Ends only with an outcome: a failure parks and waits for a person. */
export async function rollback(input: RunInput): Promise<RunState> {
  const run = openRun(input)
  setHandler(defineQuery<RunState>('state'), () => run.state)
  setHandler(defineQuery<Report>('report'), () => reportOf(run.state))
  openInbox(run)
  abortWhenCancelled(run)
  await CancellationScope.nonCancellable(async () => {
    tellAgain(run)
    if (!input.carried) begin(run)
    while (!run.state.outcome) {
      const before = place(run)
      await advance(run)
      if (run.abort) abort(run, run.abort)
      if (place(run) !== before && !run.state.outcome) refresh(run, run.state.phase)
      if (mustContinue(run)) await continueWhenLong(run)
    }
    await finish(run)
  })
  return run.state
}

function begin(run: Run): void {
  const text = `${run.input.drill ? 'Drill' : 'Rollback'} asked for: ${run.input.reason}`
  tell(run, run.input.runbook?.communicate.started, 'started', text)
  report(run, 'opened', text)
}

async function finish(run: Run): Promise<void> {
  if (run.state.drill) oweWhatIsLeft(run)
  else oweHolds(run)
  const text = headline(run.state)
  refresh(run, 'ended')
  tell(run, run.input.runbook?.communicate.finished, 'finished', text)
  report(run, 'closed', text)
  await takeLeave(run)
  await keep(run)
  if (!run.outbox) await handOver(run)
  await parting(run)
  if (run.outbox) await handOver(run)
}

/** Where the run stands, as far as people see it at a glance. */
function place({ state }: Run): string {
  return [state.phase, ...state.steps.map(({ id, status, attempt }) => `${id} ${status} ${attempt}`)].join('\n')
}

/**
 * One step of the run's own state machine; resolves when the phase may have changed. Hands promises on as they are:
 * Temporal writes down where each one was made, and a run has many steps.
 */
function advance(run: Run): Promise<void> | void {
  if (run.abort) return
  switch (run.state.phase) {
    case 'deciding':
      return decide(run)
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
    case 'closing':
      return close(run)
    case 'ended':
      return
  }
}

async function plan(run: Run): Promise<void> {
  const { input, state } = run
  const before = state.planDigest
  // A drill takes no lock: a rollback that is needed meanwhile must not wait for it.
  const lockQueue = input.drill ? undefined : workflowInfo().taskQueue
  const options = { rollbackId: state.runId, ...(lockQueue && { lockQueue }), ...(before && { before }) }
  const planned = await abortable(run, () => planSteps(input, state, options)).catch((error: unknown) => {
    if (run.abort) return undefined
    throw error
  })
  if (!planned || run.abort) return
  if ('problem' in planned) return notPlanned(run, planned)
  const { digest, locked, lastDrill, traffic } = planned
  if (locked) run.locked = true
  if (lastDrill !== undefined) state.lastDrill = lastDrill
  if (traffic !== undefined) state.traffic = traffic
  delete state.moved
  const need = planned.need ?? stillNeeded(run, digest)
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
  delete state.nudged
  const text = `Waits for an approval: ${need?.because.join('; ') ?? ''}`
  note(run, 'approval-needed', text)
  page(run, 'approval-needed', text)
  enter(run, 'awaiting-approval')
}

/**
 * What was asked about this very plan and was not agreed to: that the plan has not changed since is no yes. A run that
 * went on without asking goes on so when it is replayed.
 */
function stillNeeded(run: Run, digest: string): ApprovalNeed | undefined {
  const { need, planDigest } = run.state
  if (!need || digest !== planDigest || approved(run)) return undefined
  return patched('asks-again-after-no') ? need : undefined
}

function notPlanned(
  run: Run,
  { step, problem }: Extract<Awaited<ReturnType<typeof planSteps>>, { problem: unknown }>,
): void {
  const begun = run.state.steps.some((other) => other.begun)
  // Who has put a field right may have put it wrong: that is asked again, and ends nothing.
  if (begun || step.corrected || !endsPlanning(problem)) return park(run, step, 'plan', problem)
  run.state.problem = problem
  step.problem = problem
  end(run, 'not-applicable', `${problem.code}: ${problem.message}`)
}

function proceed(run: Run): Promise<void> | void {
  const steps = nextSteps(run)
  if (run.state.pause && !(isUnderWay(steps) && patched('pause-lets-finish'))) return waitOutPause(run)
  if (parkNext(run)) return
  const [step] = steps
  if (!step) return close(run)
  if (isOverdue(run)) return parkOverdue(run, step)
  return carryOut(run, steps)
}

async function waitOutPause(run: Run): Promise<void> {
  await condition(() => !run.state.pause || run.abort !== undefined || mustContinue(run))
  // The world may have moved during the pause, so what has not begun is planned anew.
  if (!run.state.pause) enter(run, 'planning')
}

/** A pause lets finish what has begun, also where the run went on as a new execution meanwhile: it asks, or has failed. */
function isUnderWay(steps: readonly StepState[]): boolean {
  return steps.some(({ asking, failed }) => asking !== undefined || failed?.unsettled === true)
}

/** The runbook's own time limit ends nothing: once, before the next step, a person has to say that the run goes on. */
function parkOverdue(run: Run, step: StepState): void {
  const limit = readable(run.input.runbook?.timeout ?? 0)
  run.state.overdue = { at: Date.now() }
  const message = `The run takes longer than the ${limit} that its runbook gives it; retry goes on with ${step.title}.`
  note(run, 'overdue', message)
  park(run, step, 'plan', { code: 'RUN_OVERDUE', message })
}

/** A cancellation in Temporal means the same as an abort: stop, reverse nothing, say what stays changed. */
function abortWhenCancelled(run: Run): void {
  CancellationScope.current().cancelRequested.catch(() => {
    run.abort ??= { actor: 'cancelled in Temporal', note: 'cancelled in Temporal' }
    cancelAll(run)
  })
}

function abort(run: Run, asked: NonNullable<Run['abort']>): void {
  const { actor, note: text } = asked
  if (run.state.outcome) return
  if (run.state.drill && run.state.phase !== 'compensating') return stopDrill(run, asked)
  note(run, 'aborted', text, { actor })
  end(run, 'aborted', `Aborted: ${abortEffect(run.state)}`, actor)
}
