import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { type GitHubLab, githubFixture, openGitHub } from './github-fixture.ts'

let lab: GitHubLab
beforeAll(async () => {
  lab = await openGitHub()
})
afterAll(() => lab.close())

describeTarget('github-actions, against a double that GitHub’s own description checks,', () => githubFixture(lab), {
  'the move reversed restores exactly': 'what a workflow has done stays done; undo by another one is shown beside this',
  'nothing to go back to is NO_ROLLBACK_TARGET, not retried':
    'a workflow goes back to nothing; of a release that the ledger lacks it is shown beside this',
  'killed in mid-apply, a second apply finishes: the write arrives late, after the second':
    'GitHub takes every dispatch, so that a late one starts a run; that it is stopped is shown beside this',
})

it('nothing was sent or answered other than GitHub describes', () => {
  expect(lab.github.violations).toEqual([])
})
