import type { CallContext, Plan } from '../../../model/target.ts'
import { type Clone, fetched } from '../../git/clone.ts'
import type { Repository } from '../../git/connect.ts'
import { changesOf } from './changes.ts'
import { type Choice, choose } from './choose.ts'
import { short } from './commits.ts'
import { commitsToRevert, reverted } from './revert.ts'
import type { GitRevertStep } from './schema.ts'
import { entriesAt, type GitState, lastChange, objectOf, parseState, pathOf, sameEntries } from './state.ts'
import { lostOf, warningsOf } from './warnings.ts'

const LIMITS = { apply: 600_000, verify: 300_000 }

/** What the step would commit, and what goes away with it. Fetches; writes nothing to the server. */
export async function plan(step: GitRevertStep, context: CallContext<Repository>): Promise<Plan<GitState>> {
  const clone = await fetched(context.connection, context.signal)
  const path = pathOf(step, clone.repository)
  const { from, to, choice } = await moved(step, path, clone, context)
  const there = sameEntries(from.entries, to.entries)
  const lost = there ? [] : await lostOf(clone, from, to)
  return {
    summary: summaryOf(clone, path, to, there),
    object: objectOf(clone.repository, path),
    from,
    to: there ? from : to,
    changes: there ? [] : await changesOf(clone, from, to),
    reversible: true,
    warnings: [...choice.warnings, ...(await warningsOf(clone, { from, to, there, lost, reverts: to.reverts }))],
    limits: LIMITS,
    ...(!there && { impact: [`whatever deploys ${clone.repository.branch} of ${clone.repository.url} takes it up`] }),
    ...(lost.length > 0 && { lost }),
    ...(choice.release !== undefined && { release: choice.release }),
  }
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
