import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import { at } from '../../ask.ts'
import type { GitHub, Sent } from '../../github/connect.ts'
import { reasonOf, request } from '../../github/request.ts'
import { doingOf, failureOf } from './progress.ts'
import { readRun, type Run, runsMarked } from './runs.ts'
import type { GitHubActionsStep } from './schema.ts'
import { type ActionsState, type Dispatch, markOf } from './state.ts'
import { fileAt } from './workflow-file.ts'

/** A run shows in lists after seconds, and a request whose sender is dead arrives within less: in polls (a minute by default). */
const SETTLES = 4
/** A dispatch that GitHub has taken shows its run within so many polls, or something is wrong. */
const SHOWS = 20

/**
 * Dispatches the workflow once and waits for its run. GitHub takes a dispatch without a condition, so one is sent only when no run
 * bears the mark and no earlier dispatch can still be on its way.
 */
export async function apply(
  _step: GitHubActionsStep,
  { to }: Move<ActionsState>,
  context: CallContext<GitHub>,
): Promise<{ state: ActionsState } | Again> {
  const { connection, signal } = context
  if (!to.by)
    throw new UnwindError(
      'TARGET_REJECTED',
      'nothing is named under undo: that takes this workflow back; do it by hand and answer done',
    )
  const { run, double } = await runOf(connection, to, context)
  if (!run) return dispatched(to, to.by, context)
  if (double) return cancelled(connection, double, signal)
  if (run.status !== 'completed') return { again: connection.poll, doing: await doingOf(connection, run, signal) }
  if (run.conclusion !== 'success') throw await failureOf(connection, run, to.by.workflow, signal)
  return { state: to }
}

/** The run of a move, and another one of the same mark that has still to be stopped. */
export async function runOf(
  github: GitHub,
  state: ActionsState,
  context: Pick<CallContext, 'rollbackId' | 'stepId' | 'signal'>,
): Promise<{ run?: Run; double?: Run }> {
  const mark = markOf(context, state)
  const [run, ...others] = state.by ? await runsMarked(github, state.by.workflow, mark, context.signal) : []
  const sent = github.sent.get(mark)
  // A list may be late; GitHub has told the number.
  if (!run) return sent?.run === undefined ? {} : found(await readRun(github, sent.run, context.signal))
  github.sent.delete(mark)
  const double = others.find(({ status }) => status !== 'completed')
  return { run, ...(double && { double }) }
}

function found(run: Run | undefined): { run?: Run } {
  return run ? { run } : {}
}

async function dispatched(to: ActionsState, by: Dispatch, context: CallContext<GitHub>): Promise<Again> {
  const { connection, signal } = context
  const mark = markOf(context, to)
  const sent = connection.sent.get(mark) ?? (context.retried ? remembered(connection, mark) : undefined)
  const waits = sent && stillWaits(sent, by, connection)
  if (waits) return waits
  const { object } = await fileAt(connection, by.workflow, by.ref, signal)
  if (object !== by.file) {
    const message = `somebody has changed ${by.workflow} at ${by.ref} since the plan; plan again`
    throw new UnwindError('PLAN_STALE', message, { untouched: true })
  }
  return send(by, mark, context)
}

/** An earlier attempt may have sent it: from now on it is waited for. */
function remembered({ sent }: GitHub, mark: string): Sent {
  const doubt = { at: Date.now(), taken: false }
  sent.set(mark, doubt)
  return doubt
}

function stillWaits({ at: when, taken }: Sent, { workflow, mark }: Dispatch, { poll }: GitHub): Again | undefined {
  const waited = Date.now() - when
  const again = Math.min(poll, 5_000)
  if (taken && waited > SHOWS * poll)
    throw new UnwindError(
      'TARGET_REJECTED',
      `GitHub has taken the dispatch of ${workflow}, but shows no run whose name holds the input ${mark}; look under Actions, then retry or answer done: it is not sent again`,
    )
  if (taken) return { again, doing: `waits for GitHub to show the run of ${workflow}` }
  return waited < SETTLES * poll
    ? { again, doing: `looks whether an earlier dispatch of ${workflow} has come through` }
    : undefined
}

async function send(
  { workflow, ref, inputs, mark: input }: Dispatch,
  mark: string,
  context: CallContext<GitHub>,
): Promise<Again> {
  const { connection, signal } = context
  const doing = `has started ${workflow}`
  const wanted = `start ${workflow}`
  const path = `/actions/workflows/${workflow}/dispatches`
  const asked = { ref, inputs: { ...inputs, [input]: mark } }
  const sent: Sent = { at: Date.now(), taken: false }
  remember(connection, mark, sent)
  try {
    const options = { path, method: 'POST' as const, signal, wanted, also: [400, 422] }
    let answer = await request(connection, { ...options, body: { ...asked, return_run_details: true } })
    // Older servers do not know the word, and have done nothing.
    if (answer.status >= 400 && reasonOf(answer.json).includes('return_run_details'))
      answer = await request(connection, { ...options, body: asked })
    if (answer.status >= 400)
      throw new UnwindError(
        'TARGET_REJECTED',
        `GitHub does not start ${workflow} (${answer.status}): ${reasonOf(answer.json)}`,
      )
    const id = at(answer.json, 'workflow_run_id')
    remember(connection, mark, { ...sent, taken: true, ...(typeof id === 'number' && { run: id }) })
    return { again: Math.min(connection.poll, 2_000), doing }
  } catch (error) {
    // Refused, or never sent: the next attempt need not wait for it.
    if (error instanceof UnwindError && error.facts?.['unsure'] !== true) connection.sent.delete(mark)
    throw error
  }
}

/** Bounded: what is forgotten is found by its name. */
function remember({ sent }: GitHub, mark: string, value: Sent): void {
  const [oldest] = sent.keys()
  if (sent.size >= 1_000 && oldest !== undefined) sent.delete(oldest)
  sent.set(mark, value)
}

/** A dispatch whose sender died arrived after another one was sent: what it started is stopped. */
async function cancelled(github: GitHub, { id, url }: Run, signal: AbortSignal): Promise<Again> {
  await stop(github, id, signal)
  return { again: github.poll, doing: `stops a second run that a late request has started; ${url}` }
}

/** Asks GitHub to cancel a run; one that has ended stays as it is. */
export async function stop(github: GitHub, id: number, signal: AbortSignal): Promise<void> {
  const path = `/actions/runs/${id}/cancel`
  await request(github, { path, method: 'POST', signal, also: [409], wanted: `cancel run ${id}` })
}
