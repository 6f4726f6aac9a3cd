import { afterAll, beforeAll, expect, it } from 'vitest'
import { killedInMidApply } from '../support/conformance-kill.ts'
import { describeTarget } from '../support/conformance-suite.ts'
import { type GitLab, openGit } from './fixture.ts'
import { type Protected, protectedPlace, pullRequestFixture } from './pull-request-fixture.ts'

let lab: GitLab
let place: Protected
beforeAll(async () => {
  lab = await openGit()
  place = await protectedPlace(lab)
})
afterAll(async () => {
  await place.github.close()
  await lab.close()
})

describeTarget('git-revert by pull requests that people merge', async () => pullRequestFixture(lab, place, 'open'))

for (const { name, run } of killedInMidApply)
  it(`while the branch of a pull request is pushed: ${name}`, () => run(pullRequestFixture(lab, place, 'push')))

it('nothing was sent or answered other than GitHub describes', () => {
  expect(place.github.violations).toEqual([])
})
