import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { type GitHubLab, githubFixture, INAPPLICABLE, openGitHub } from './github-fixture.ts'

let lab: GitHubLab
beforeAll(async () => {
  lab = await openGitHub()
})
afterAll(() => lab.close())

describeTarget(
  'github-actions, against a double that GitHub’s own description checks,',
  () => githubFixture(lab),
  INAPPLICABLE,
)

it('nothing was sent or answered other than GitHub describes', () => {
  expect(lab.github.violations).toEqual([])
})
