import { afterAll, beforeAll } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { type GitLab, gitFixture, openGit } from './fixture.ts'

let lab: GitLab
beforeAll(async () => {
  lab = await openGit()
})
afterAll(() => lab.close())

describeTarget('git-revert, against git over HTTP,', async () => gitFixture(lab, await lab.place()))
