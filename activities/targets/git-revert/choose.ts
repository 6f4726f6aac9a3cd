import { UnwindError } from '../../../model/errors.ts'
import { lastGoodOf, type Ledger, type LedgerRelease, named } from '../../../model/service/facts.ts'
import type { Warning } from '../../../model/target.ts'
import { type Clone, fetchMore } from '../../git/clone.ts'
import { commitsOf, short, toldCommit } from './commits.ts'
import { ABSENT, entriesAt } from './state.ts'

/** What was chosen, and what the reader of the plan should know about the choice. */
export interface Choice {
  commit: string
  warnings: Warning[]
  release?: string
}

/**
 * Resolves `to` for a path. Throws NO_ROLLBACK_TARGET, naming what was looked for and what there is, and TARGET_UNREACHABLE
 * where only the ledger of releases could have told.
 */
export async function choose(to: string, path: string, clone: Clone, ledger: Ledger | undefined): Promise<Choice> {
  const choice = await chosen(to, path, clone, ledger)
  if ((await entriesAt(clone, choice.commit, [path]))[path] === ABSENT)
    throw await nothing(`${path} at ${short(choice.commit)}: it is not there`, path, clone)
  if ((await clone.maybe(['merge-base', '--is-ancestor', choice.commit, clone.head])) !== undefined) return choice
  const message = `${short(choice.commit)} is no part of ${clone.repository.branch}: what it holds was never on that branch`
  return { ...choice, warnings: [...choice.warnings, { code: 'NOT_ON_BRANCH', message, confirm: true }] }
}

async function chosen(to: string, path: string, clone: Clone, ledger: Ledger | undefined): Promise<Choice> {
  if (to === 'previous') return { commit: await previous(path, clone), warnings: [] }
  if (to === 'last-good') {
    const good = ledger && lastGoodOf(ledger)
    return good ? ofRelease(good, path, clone) : guessed(path, clone)
  }
  const commit =
    (/^[0-9a-f]{7,64}$/.test(to) && (await known(to, clone))) || (await fetchMore(clone, `refs/tags/${to}`))
  if (commit) return { commit, warnings: [] }
  const release = ledger && named(ledger, to)
  if (release) return ofRelease(release, path, clone)
  const missing = await nothing(`commit, tag or release ${to}`, path, clone)
  if (ledger) throw missing
  throw new UnwindError('TARGET_UNREACHABLE', `${missing.message}. The ledger of releases did not answer either`)
}

/** A commit by its hash, which the server is asked for where the branch doesn't have it. */
export async function known(id: string, clone: Clone): Promise<string | undefined> {
  const here = await clone.maybe(['rev-parse', '--verify', '--quiet', '--end-of-options', `${id}^{commit}`])
  return here?.trim() ?? (id.length >= 40 ? fetchMore(clone, id) : undefined)
}

/** The state of the branch before the last of its commits that changed the path; a merge counts as one commit. */
async function previous(path: string, clone: Clone): Promise<string> {
  const [last] = await commitsOf(clone, ['-1', '--first-parent', clone.head], [path])
  const before = last && (await clone.maybe(['rev-parse', '--verify', '--quiet', `${last.id}^1`]))?.trim()
  if (before) return before
  throw await nothing(`a commit before the one that brought ${path}`, path, clone)
}

async function guessed(path: string, clone: Clone): Promise<Choice> {
  const commit = await previous(path, clone)
  const message = `${short(commit)} was taken as last-good: it is what the branch held before the last change of ${path}, but no release is recorded that ran well with it`
  return { commit, warnings: [{ code: 'UNVERIFIED_TARGET', message, confirm: true }] }
}

async function ofRelease({ version, commit }: LedgerRelease, path: string, clone: Clone): Promise<Choice> {
  const found = commit && (await known(commit, clone))
  if (found) return { commit: found, warnings: [], release: version }
  const recorded = commit ? `commit ${short(commit)}, which this repository does not have` : 'no commit'
  throw await nothing(`the commit of release ${version}: the ledger names ${recorded}`, path, clone)
}

async function nothing(wanted: string, path: string, clone: Clone): Promise<UnwindError> {
  const there = await commitsOf(clone, ['-5', '--first-parent', clone.head], [path])
  const listed = there.length === 0 ? 'nothing' : there.map(toldCommit).join('; ')
  const { url, branch } = clone.repository
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${branch} of ${url} does not have ${wanted}. The last commits that changed ${path}: ${listed}. Name one of these`,
    { wanted, commits: there.map(({ id }) => id) },
  )
}
