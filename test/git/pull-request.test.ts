import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { CallContext } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { type GitLab, openGit, target } from './fixture.ts'
import { type Protected, protectedPlace } from './pull-request-fixture.ts'

let lab: GitLab
let shop: Protected & { good: string; bad: string }
beforeAll(async () => {
  lab = await openGit()
})
afterAll(() => lab.close())

const VALUES = 'apps/checkout/values.yaml'

beforeEach(async () => {
  const made = await protectedPlace(lab)
  const good = made.place.commit({ [VALUES]: 'a: 1\n', 'apps/search/values.yaml': 'c: 1\n' })
  const bad = made.place.commit({ [VALUES]: 'a: 2\n' }, { author: 'Bob', subject: 'fixes #7 for @ann, `really`' })
  shop = { ...made, good, bad }
})
afterEach(async () => {
  await shop.github.close()
  expect(shop.github.violations).toEqual([])
})

async function ready(more: object = {}, about: Partial<CallContext> = {}, credentials = shop.credentials()) {
  const context = contextFor(await target.connect(credentials, 'git'), about)
  const step = shop.place.step({ to: 'previous', ...more })
  const plan = await planOf(target, step, context)
  const once = () => target.apply(target.schema.parse(step) as never, plan, context) as Promise<{ doing?: string }>
  /** Until it waits for somebody. */
  const proposed = async () => {
    for (;;) {
      const { doing = '' } = await once()
      if (doing.startsWith('waits')) return doing
    }
  }
  return { context, step, plan, once, proposed }
}

const pulls = () => shop.github.state.pulls
const head = () => shop.place.git('rev-parse', 'main')

it('a protected branch gets a pull request that says what, why and for which incident; people merge it', async () => {
  const { plan, proposed, context, step } = await ready({}, { incident: 'INC-42' })
  expect(plan.warnings).toMatchObject([{ code: 'PULL_REQUEST', message: expect.stringContaining('people merge it') }])
  expect(await proposed()).toMatch(
    /^waits for people to merge pull request 1 \(a review or a check is missing\): https:/,
  )
  expect(head()).toBe(shop.bad)
  const [pull] = pulls()
  expect(pull?.title).toBe(`Roll back apps/checkout to ${shop.good.slice(0, 12)}`)
  for (const part of [context.rollbackId, 'INC-42', context.reason, VALUES]) expect(pull?.body).toContain(part)
  // What others wrote mentions nobody and closes nothing.
  expect(pull?.body).toContain(`\`\`\`text\n${shop.bad.slice(0, 12)} Bob: fixes #7 for @ann, ’really’\n\`\`\``)
  shop.github.state.merges = true
  const state = await applied(target, step, plan, context)
  expect(shop.place.git('show', `main:${VALUES}`)).toBe('a: 1')
  expect((await verified(target, step, state, context)).status).toBe('pass')
  expect(pulls()).toHaveLength(1)
})

it('by itself it merges once GitHub lets it and every check is green, on the commit that was looked at', async () => {
  const { proposed, once, step, plan, context } = await ready({ merge: 'auto' })
  await proposed()
  const [pull] = pulls()
  Object.assign(pull ?? {}, { ready: true, checks: { build: null } })
  expect((await once()).doing).toContain('waits for build')
  Object.assign(pull ?? {}, { checks: { build: 'failure' } })
  expect(await errorOf(once)).toMatchObject({ code: 'TARGET_REJECTED', facts: { check: 'build' } })
  Object.assign(pull ?? {}, { checks: { build: 'success' }, strict: true })
  shop.place.commit({ 'apps/search/values.yaml': 'c: 2\n' }, { author: 'Cid' })
  expect((await once()).doing).toContain('up to date')
  await applied(target, step, plan, context)
  expect([shop.place.git('show', `main:${VALUES}`), shop.place.git('show', 'main:apps/search/values.yaml')]).toEqual([
    'a: 1',
    'c: 2',
  ])
})

it('one that people close parks; reopened, it is taken up', async () => {
  const { proposed, once, step, plan, context } = await ready()
  await proposed()
  Object.assign(pulls()[0] ?? {}, { state: 'closed' })
  const error = await errorOf(once)
  expect([error.code, error.message]).toEqual(['TARGET_REJECTED', expect.stringContaining('Reopen it, then retry')])
  Object.assign(pulls()[0] ?? {}, { state: 'open' })
  shop.github.state.merges = true
  await applied(target, step, plan, context)
  expect(pulls()).toHaveLength(1)
})

it('somebody who changes the path meanwhile is kept, and the pull request is closed', async () => {
  const { proposed, once } = await ready()
  await proposed()
  const theirs = shop.place.commit({ [VALUES]: 'a: 9\n' }, { author: 'Cid' })
  expect(await errorOf(once)).toMatchObject({ code: 'PLAN_STALE', facts: { untouched: true } })
  expect([pulls()[0]?.state, head()]).toEqual(['closed', theirs])
})

it('a change after it was merged is kept too, and no other one is opened', async () => {
  const { step, plan, context, once } = await ready()
  shop.github.state.merges = true
  await applied(target, step, plan, context)
  shop.place.commit({ [VALUES]: 'a: 9\n' }, { author: 'Cid' })
  expect(await errorOf(once)).toMatchObject({ code: 'PLAN_STALE', facts: { untouched: false } })
  expect(pulls()).toHaveLength(1)
})

it('a push that is refused leads to a pull request although GitHub told of no protection', async () => {
  shop.github.state.protected.clear()
  const { plan, proposed } = await ready()
  expect(plan.warnings).toEqual([])
  expect(await proposed()).toContain('pull request 1')
})

it('never, always, and always without a place for them', async () => {
  const never = await ready({ pullRequest: 'never' })
  expect(await errorOf(never.once)).toMatchObject({ code: 'TARGET_FORBIDDEN', facts: { protected: true } })
  rmSync(join(shop.place.bare, 'hooks', 'pre-receive'))
  shop.github.state.protected.clear()
  const always = await ready({ pullRequest: 'always' })
  expect(always.plan.warnings.map(({ code }) => code)).toEqual(['PULL_REQUEST'])
  await always.proposed()
  expect([head(), pulls().length]).toEqual([shop.bad, 1])
  const without = errorOf(() => ready({ pullRequest: 'always' }, {}, lab.credentials(shop.place.url)))
  expect((await without).code).toBe('CONFIGURATION_INVALID')
})
