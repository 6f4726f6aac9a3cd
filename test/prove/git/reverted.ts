import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { UnwindError } from '../../../model/errors.ts'
import { applied, contextFor, planOf } from '../../support/conformance-drive.ts'
import { type GitLab, type Place, target } from '../../git/fixture.ts'
import type { Dice } from '../../support/dice.ts'
import { write } from './history.ts'

/** Reverts a random commit of a random repository, and has git revert do the same in a clone with a work tree. */
export async function revertedLikeGit(lab: GitLab, dice: Dice): Promise<string> {
  const place = await lab.place()
  const commits = write(place, dice)
  const bad = dice.pick(commits.slice(1)) ?? ''
  const theirs = byGit(place, bad)
  const ours = await byUnwind(place, bad)
  assert.equal(ours, theirs, `reverting ${bad}`)
  return `a revert among ${commits.length} commits: ${theirs.startsWith('conflict') ? 'both meet a conflict' : 'the same tree'}`
}

/** The tree afterwards, or that there is a conflict. */
async function byUnwind(place: Place, bad: string): Promise<string> {
  const step = place.step({ path: '.', way: 'revert', commits: bad })
  const context = contextFor(place.connection)
  try {
    await applied(target, step, await planOf(target, step, context), context)
    return place.git('rev-parse', 'main^{tree}')
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_REJECTED' && error.facts?.['conflicts'])
      return 'conflict'
    throw error
  }
}

function byGit(place: Place, bad: string): string {
  const clone = join(place.bare, '..', `${place.name}-by-hand`)
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test', ...args], { encoding: 'utf8' })
  git('clone', '--quiet', place.bare, clone)
  const merge = place.git('rev-list', '--parents', '-n', '1', bad).split(' ').length > 2
  const done = git('-C', clone, 'revert', '--no-edit', ...(merge ? ['-m', '1'] : []), bad)
  if (done.status !== 0 && git('-C', clone, 'ls-files', '--unmerged').stdout !== '') return 'conflict'
  return git('-C', clone, 'rev-parse', 'HEAD^{tree}').stdout.trim()
}
