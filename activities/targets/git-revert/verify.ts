import type { CallContext, Verdict } from '../../../model/target.ts'
import { type Clone, fetched } from '../../git/clone.ts'
import type { Repository } from '../../git/connect.ts'
import { commitsOf, short, toldCommit } from './commits.ts'
import type { GitRevertStep } from './schema.ts'
import { type GitState, isAt } from './state.ts'

/** Whether the branch on the server holds what the state says; that somebody deploys it is for checks to see. */
export async function verify(
  _step: GitRevertStep,
  state: GitState,
  context: CallContext<Repository>,
): Promise<Verdict> {
  const clone = await fetched(context.connection, context.signal)
  const paths = Object.keys(state.entries)
  const [good, [last]] = [await isAt(clone, state), await commitsOf(clone, ['-1', clone.head], paths)]
  const what = paths.length === 1 ? paths[0] : `${paths.length} paths`
  const summary = `${what} of ${clone.repository.branch} ${good ? 'holds' : 'does not hold'} what was planned, at ${short(clone.head)}; last changed by ${last ? toldCommit(last) : 'nobody'}`
  const facts = { head: clone.head, ...(last && { lastChange: last.id, commits: await having(clone, last.id) }) }
  return { status: good ? 'pass' : 'fail', evidence: { summary, facts } }
}

/** As many commits of the branch are listed. */
const LISTED = 80

/** Commits of the branch that have a change, newest first, by abbreviated names: what whoever deploys the branch may run. */
async function having(clone: Clone, change: string): Promise<string[]> {
  const after = await clone.git(['rev-list', `--max-count=${LISTED}`, '--ancestry-path', `${change}..${clone.head}`])
  return [...after.split('\n').filter((id) => id !== ''), change].map(short)
}
