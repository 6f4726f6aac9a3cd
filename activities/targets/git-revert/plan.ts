import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Warning } from '../../../model/target.ts'
import { type Clone, fetched } from '../../git/clone.ts'
import type { Repository } from '../../git/connect.ts'
import { changesOf } from './changes.ts'
import { type Choice, choose } from './choose.ts'
import { short } from './commits.ts'
import { isProtected } from './pull-request.ts'
import { commitsToRevert, reverted } from './revert.ts'
import type { GitRevertStep } from './schema.ts'
import { entriesAt, type GitState, lastChange, objectOf, parseState, pathOf, sameEntries } from './state.ts'
import { lostOf, warningsOf } from './warnings.ts'

const LIMITS = { apply: 600_000, verify: 300_000 }
/** People are waited for so long; then the step parks, and a retry waits on for the same pull request. */
const PEOPLE = 4 * 3_600_000

/** What the step would commit, and what goes away with it. Fetches; writes nothing to the server. */
export async function plan(step: GitRevertStep, context: CallContext<Repository>): Promise<Plan<GitState>> {
  const clone = await fetched(context.connection, context.signal)
  const path = pathOf(step, clone.repository)
  const { from, to, choice } = await moved(step, path, clone, context)
  const there = sameEntries(from.entries, to.entries)
  const lost = there ? [] : await lostOf(clone, from, to)
  const through = there ? [] : await throughOf(step, clone)
  const told = await warningsOf(clone, { from, to, there, lost, reverts: to.reverts })
  const byPull = clone.repository.github !== undefined && step.pullRequest !== 'never'
  return {
    summary: summaryOf(clone, path, to, there),
    object: objectOf(clone.repository, path),
    from,
    to: there ? from : to,
    changes: there ? [] : await changesOf(clone, from, to),
    reversible: true,
    warnings: [...choice.warnings, ...told, ...through],
    limits: byPull ? { ...LIMITS, apply: PEOPLE } : LIMITS,
    ...(!there && { impact: [`whatever deploys ${clone.repository.branch} of ${clone.repository.url} takes it up`] }),
    ...(lost.length > 0 && { lost }),
    ...(choice.release !== undefined && { release: choice.release }),
  }
}

/** Foreseen: that the commit goes by a pull request, and whom that waits for. */
async function throughOf({ pullRequest, merge }: GitRevertStep, { repository, signal }: Clone): Promise<Warning[]> {
  const { github, branch, name } = repository
  if (!github && pullRequest === 'always')
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `pullRequest: always needs github: { repository } in connection ${name}; add it, or let the step push`,
    )
  if (!github || pullRequest === 'never') return []
  if (pullRequest === 'protected' && !(await isProtected(github, branch, signal))) return []
  const who = merge === 'auto' ? 'Unwind merges it once GitHub lets it and every check is green' : 'people merge it'
  return [
    { code: 'PULL_REQUEST', message: `the commit goes to ${branch} by a pull request of ${github.repository}; ${who}` },
  ]
}

interface Moved {
  from: GitState
  to: GitState
  choice: Pick<Choice, 'warnings' | 'release'>
}

async function moved(step: GitRevertStep, path: string, clone: Clone, context: CallContext): Promise<Moved> {
  const ledger = await context.ledger?.()
  if (context.towards) {
    const to = parseState(context.towards)
    return { from: await present(clone, Object.keys(to.entries), context), to, choice: { warnings: [] } }
  }
  if (step.way === 'restore') {
    const choice = await choose(step.to, path, clone, ledger)
    const to = { entries: await entriesAt(clone, choice.commit, [path]), commit: choice.commit }
    return { from: await present(clone, [path], context), to, choice }
  }
  const choice =
    step.commits === undefined ? await choose(step.to, path, clone, ledger) : { commit: undefined, warnings: [] }
  const commits = await commitsToRevert(step, clone, choice.commit, path)
  const made = await reverted(clone, { commits, mainline: step.mainline, within: path })
  return {
    from: { entries: made.from, commit: await lastChange(clone, made.from) },
    to: { entries: made.to, reverts: commits, mainline: step.mainline, within: path },
    choice,
  }
}

/** What the paths hold now, or will hold once an earlier step of the run is done. */
async function present(clone: Clone, paths: readonly string[], { assumed }: CallContext): Promise<GitState> {
  if (assumed) return parseState(assumed)
  const entries = await entriesAt(clone, clone.head, paths)
  return { entries, commit: await lastChange(clone, entries) }
}

function summaryOf({ repository: { branch } }: Clone, path: string, to: GitState, there: boolean): string {
  const what = path === '.' ? branch : `${path} of ${branch}`
  if (there) return `${what} holds this already`
  if (to.reverts) return `${what}: without the changes of ${to.reverts.slice(0, 5).map(short).join(', ')}`
  return `${what} → as at ${short(to.commit ?? '')}`
}
