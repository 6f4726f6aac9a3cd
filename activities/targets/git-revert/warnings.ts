import type { Warning } from '../../../model/target.ts'
import type { Clone } from '../../git/clone.ts'
import { filesOf } from './changes.ts'
import { commitsOf, toldCommit } from './commits.ts'
import { ABSENT, type GitState } from './state.ts'

/** As many commits are listed; one more says that there are others. */
const LISTED = 30
/** What a file of Git LFS begins with, in place of its content. */
const LFS = 'version https://git-lfs.github.com/spec/v1'

/** The commits whose changes go away: those that are reverted, or all under the paths since the state that comes back. */
export async function lostOf(clone: Clone, from: GitState, to: GitState): Promise<string[]> {
  const paths = Object.keys(to.entries)
  const commits = to.reverts
    ? await commitsOf(clone, ['--no-walk=unsorted', ...to.reverts.slice(0, LISTED + 1)], ['.'])
    : await commitsOf(clone, [`-${LISTED + 1}`, '--no-merges', from.commit ?? clone.head, `^${to.commit ?? ''}`], paths)
  const lines = commits.map(toldCommit)
  return lines.length > LISTED ? [...lines.slice(0, LISTED), 'and others before them'] : lines
}

interface Told {
  from: GitState
  to: GitState
  there: boolean
  lost: readonly string[]
  reverts: readonly string[] | undefined
}

/** What the reader of the plan should know. */
export async function warningsOf(clone: Clone, { from, to, there, lost, reverts }: Told): Promise<Warning[]> {
  if (there) return [{ code: 'ALREADY_THERE', message: `${clone.repository.branch} holds this already` }]
  const files = await filesOf(clone, from, to)
  const named = (paths: readonly string[]) => paths.slice(0, 5).join(', ')
  const modules = files.filter(({ from: old, to: now }) => [old, now].some((entry) => entry.startsWith('160000 ')))
  const large = await inLfs(clone, to)
  return [
    ...(reverts === undefined && lost.length > 1
      ? [
          {
            code: 'COMMITS_LOST',
            message: `more than one commit goes away: ${lost.slice(0, 10).join('; ')}`,
            confirm: true,
          },
        ]
      : []),
    ...(modules.length > 0
      ? [
          {
            code: 'SUBMODULES',
            message: `only what they point to goes back, of ${named(modules.map(({ path }) => path))}`,
          },
        ]
      : []),
    ...(large.length > 0
      ? [
          {
            code: 'LFS_POINTERS',
            message: `only the pointers go back, of ${named(large)}; their content must still be in the LFS store`,
          },
        ]
      : []),
  ]
}

async function inLfs(clone: Clone, { commit, entries }: GitState): Promise<string[]> {
  const paths = Object.keys(entries).filter((path) => entries[path] !== ABSENT)
  if (commit === undefined || paths.length === 0) return []
  const told = await clone.maybe(['grep', '-l', '-z', '-F', '-e', LFS, commit, '--', ...paths])
  return (told ?? '')
    .split('\0')
    .filter((found) => found !== '')
    .map((found) => found.slice(commit.length + 1))
}
