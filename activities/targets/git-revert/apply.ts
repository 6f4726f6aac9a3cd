import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import { type Clone, fetched } from '../../git/clone.ts'
import type { Repository } from '../../git/connect.ts'
import { built, MOVE_TRAILER, ROLLBACK_TRAILER } from './build.ts'
import { known } from './choose.ts'
import { commitsOf, short, toldCommit } from './commits.ts'
import { follow } from './follow.ts'
import { type PullRoute, pullRoute } from './pull-request.ts'
import { push } from './push.ts'
import { reverted } from './revert.ts'
import type { GitRevertStep } from './schema.ts'
import { type GitState, isAt, lastChange, moveName, sameEntries } from './state.ts'

/** Time to let whoever won a race finish before the branch is fetched again. */
const RACE = 300

/** One commit, pushed on the head that was just fetched; a retry that finds the paths at `to` pushes nothing. */
export async function apply(
  step: GitRevertStep,
  move: Move<GitState>,
  context: CallContext<Repository>,
): Promise<{ state: GitState } | Again> {
  const clone = await fetched(context.connection, context.signal)
  if (await isAt(clone, move.to)) return { state: move.to }
  const own = await ownCommit(clone, move, context.rollbackId)
  if (own !== undefined) throw await overwritten(clone, move, `pushed ${short(own)}`)
  const route = pullRoute(clone, step, move, context)
  const pull = await route?.find()
  if (pull?.merged) throw await overwritten(clone, move, `opened pull request ${pull.number}, which is merged`)
  if (!(await isAt(clone, move.from))) {
    await route?.giveUp(pull)
    throw await stale(clone, move)
  }
  if (route && pull) return follow(route, pull)
  await available(clone, move)
  if (route && (await route.isNeeded())) return route.propose()
  return pushed(clone, move, context, route)
}

async function pushed(clone: Clone, move: Move<GitState>, context: CallContext, route: PullRoute | undefined) {
  const commit = await built(clone, move, context)
  const { branch } = clone.repository
  try {
    if ((await push(clone, commit)) === 'pushed')
      return { again: 0, doing: `reads ${branch} back, which has ${short(commit)} now` }
  } catch (error) {
    const isProtected = error instanceof UnwindError && error.facts?.['protected'] === true
    if (route && isProtected) return route.propose()
    throw error
  }
  const doing = `somebody else pushed to ${branch} meanwhile; builds the commit anew on what it holds now`
  return { again: RACE, doing }
}

/** The commit that this rollback has pushed for a move; it was made after both of the commits that the plan names. */
async function ownCommit(clone: Clone, move: Move<GitState>, rollbackId: string): Promise<string | undefined> {
  const patterns = [`${ROLLBACK_TRAILER}: ${rollbackId}`, `${MOVE_TRAILER}: ${moveName(move)}`].map(
    (text) => `--grep=${text}`,
  )
  const named = [move.from.commit, move.to.commit].filter((commit) => commit !== undefined)
  const here = await Promise.all(named.map((id) => clone.maybe(['rev-parse', '--verify', '--quiet', `${id}^{commit}`])))
  const before = here.flatMap((id) => (id === undefined ? [] : [`^${id.trim()}`]))
  const args = ['log', '-1', '--format=%H', '--fixed-strings', '--all-match', ...patterns, clone.head, ...before]
  return (await clone.git(args)).trim() || undefined
}

/** Everything that the commit will hold is on this machine: from the commit that has it, or made again by reverting. */
async function available(clone: Clone, { to }: Move<GitState>): Promise<void> {
  if (to.reverts) {
    const reverting = { commits: to.reverts, mainline: to.mainline ?? 1, within: to.within ?? '.' }
    const made = await reverted(clone, reverting)
    if (sameEntries(made.to, to.entries)) return
    throw new UnwindError('PLAN_STALE', 'reverting gives another result on what the branch holds now; plan again', {
      untouched: true,
    })
  }
  if (to.commit !== undefined && (await known(to.commit, clone)) !== undefined) return
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${clone.repository.url} does not have commit ${to.commit ?? ''} any more`,
  )
}

async function stale(clone: Clone, { from }: Move<GitState>): Promise<UnwindError> {
  const paths = Object.keys(from.entries)
  const [last] = await commitsOf(clone, ['-1', clone.head], paths)
  const who = last ? `${toldCommit(last)} has changed` : 'somebody has changed'
  const message = `${who} ${paths.slice(0, 3).join(', ')} since the plan; that is kept. Plan again`
  return new UnwindError('PLAN_STALE', message, { untouched: true })
}

async function overwritten(clone: Clone, { to }: Move<GitState>, done: string): Promise<UnwindError> {
  const paths = Object.keys(to.entries)
  const last = await lastChange(clone, to.entries)
  const message = `this rollback has ${done}, and ${short(last)} has changed ${paths.slice(0, 3).join(', ')} since; that is kept, and nothing is pushed twice`
  return new UnwindError('PLAN_STALE', message, { untouched: false })
}
