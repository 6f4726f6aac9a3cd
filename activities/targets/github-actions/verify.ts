import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { GitHub } from '../../github/connect.ts'
import { runOf } from './apply.ts'
import { doingOf } from './progress.ts'
import type { GitHubActionsStep } from './schema.ts'
import type { ActionsState } from './state.ts'

/** Whether the run of this step has ended well; one that somebody has re-run counts by its last attempt. */
export async function verify(
  step: GitHubActionsStep,
  state: ActionsState,
  context: CallContext<GitHub>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const { connection, signal } = context
  const { run } = await runOf(connection, state, context)
  const workflow = state.by?.workflow ?? step.workflow
  if (!run) return { status: 'fail', evidence: { summary: `${workflow} has no run of this step` } }
  const { id, url, attempt, sha, conclusion, status } = run
  const facts = { run: id, url, attempt, sha }
  if (status !== 'completed') {
    const summary = `${workflow}: ${await doingOf(connection, run, signal)}`
    return { again: connection.poll, doing: summary, evidence: { summary, facts } }
  }
  const summary = `run ${id} of ${workflow} ended as ${conclusion ?? 'nothing'} (attempt ${attempt}); ${url}`
  return { status: conclusion === 'success' ? 'pass' : 'fail', evidence: { summary, facts } }
}
