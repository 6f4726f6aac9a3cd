import { UnwindError } from '../../../model/errors.ts'
import type { Clone } from '../../git/clone.ts'
import { broken } from '../../git/faults.ts'
import { run } from '../../git/command.ts'
import { known } from './choose.ts'
import { short } from './commits.ts'
import type { GitRevertStep } from './schema.ts'
import { conflict } from './conflict.ts'
import { ABSENT, entriesAt, type Entry } from './state.ts'

/** More commits are not reverted, and more files not changed, in one step. */
const COMMITS = 100
const FILES = 200
/** Of a commit that only a merge needs, so that the same merge gives the same objects. */
const NOBODY = { GIT_AUTHOR_DATE: '@0 +0000', GIT_COMMITTER_DATE: '@0 +0000' }

/** What is reverted, which parent of merges is kept, and what it is bound to. */
export interface Reverting {
  commits: readonly string[]
  mainline: number
  within: string
}

/** The commits of the branch that a step reverts, newest first. Throws NO_ROLLBACK_TARGET for one that is not on it. */
export async function commitsToRevert(step: GitRevertStep, clone: Clone, since: string | undefined, within: string) {
  const [first = '', last] = (step.commits ?? '').split('..')
  if (step.commits !== undefined && last === undefined) return [await onBranch(first, clone)]
  const range = since
    ? `${since}..${clone.head}`
    : `${await onBranch(first, clone)}..${await onBranch(last ?? '', clone)}`
  const paths = within === '.' ? [] : ['--', within]
  const listed = await clone.git(['rev-list', '--first-parent', `--max-count=${COMMITS + 1}`, range, ...paths])
  const commits = listed.split('\n').filter((id) => id !== '')
  if (commits.length <= COMMITS) return commits
  throw tooMuch(`more than ${COMMITS} commits`)
}

async function onBranch(name: string, clone: Clone): Promise<string> {
  const { branch } = clone.repository
  const [, base = '', rest = ''] = /^([^~^]+)([~^].*)?$/.exec(name) ?? []
  const id = await known(`${base === 'HEAD' || base === branch ? clone.head : base}${rest}`, clone)
  if (id && (await clone.maybe(['merge-base', '--is-ancestor', id, clone.head])) !== undefined) return id
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${name} is no commit of ${branch} of ${clone.repository.url}; name one by its hash`,
  )
}

/**
 * What the head of the branch would hold without the changes of these commits: as `git revert` does it, by a merge of three for each,
 * newest first, without a work tree. Answers only paths that change. Throws TARGET_REJECTED for a conflict, naming the files.
 */
export async function reverted(clone: Clone, { commits, mainline, within }: Reverting) {
  const start = await treeOf(clone, clone.head, within)
  let ours = start
  for (const commit of commits) ours = await without(clone, commit, ours, { mainline, within })
  const told = await clone.git(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', start, ours])
  const [from, to]: [Record<string, Entry>, Record<string, Entry>] = [{}, {}]
  for (const [, before = '', after = '', old = '', now = '', path = ''] of told.matchAll(
    /:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) \w\0([^\0]+)\0/g,
  )) {
    from[path] = before === '000000' ? ABSENT : `${before} ${old}`
    to[path] = after === '000000' ? ABSENT : `${after} ${now}`
  }
  if (Object.keys(from).length > FILES) throw tooMuch(`${Object.keys(from).length} files, at most ${FILES},`)
  return { from, to }
}

async function without(clone: Clone, commit: string, ours: string, { mainline, within }: Omit<Reverting, 'commits'>) {
  const [, ...parents] = (await clone.git(['rev-list', '--parents', '-n', '1', commit])).trim().split(' ')
  const parent = parents.length > 1 ? parents[mainline - 1] : parents[0]
  if (parents.length > 0 && parent === undefined)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${short(commit)} has no parent ${mainline}; set mainline to the one that stays`,
    )
  const [base, theirs] = [await treeOf(clone, commit, within), await treeOf(clone, parent, within)]
  if (base === theirs) return ours
  const root = await commitTree(clone, base)
  const [here, there] = [await commitTree(clone, ours, root), await commitTree(clone, theirs, root)]
  const args = ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', here, there]
  const ended = await run(clone.repository, args, { signal: clone.signal })
  const [tree = '', ...files] = ended.out.split('\0')
  if (ended.code === 0) return tree.trim()
  if (ended.code !== 1) throw broken(clone.repository, ended, 'merge-tree')
  throw await conflict(
    clone,
    commit,
    tree.trim(),
    files.filter((file) => file !== ''),
  )
}

function tooMuch(what: string): UnwindError {
  return new UnwindError(
    'TARGET_REJECTED',
    `it would revert ${what} in one step; name fewer commits or a path, or take way: restore`,
  )
}

async function commitTree(clone: Clone, tree: string, parent?: string): Promise<string> {
  const args = ['commit-tree', tree, ...(parent ? ['-p', parent] : []), '-m', 'for a merge']
  return (await clone.git(args, { variables: NOBODY })).trim()
}

/** The tree of a commit, with nothing in it but the path. Without a commit, as before the first one: the empty tree. */
async function treeOf(clone: Clone, commit: string | undefined, path: string): Promise<string> {
  if (commit === undefined) return makeTree(clone, '')
  const entry = (await entriesAt(clone, commit, [path]))[path] ?? ABSENT
  if (entry === ABSENT) return makeTree(clone, '')
  let [mode = '', object = ''] = entry.split(' ')
  if (path === '.') return object
  for (const name of path.split('/').toReversed()) {
    const type = mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob'
    object = await makeTree(clone, `${mode} ${type} ${object}\t${name}\0`)
    mode = '040000'
  }
  return object
}

async function makeTree(clone: Clone, input: string): Promise<string> {
  return (await clone.git(['mktree', '-z', '--missing'], { input })).trim()
}
