import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { GitConnection } from '../../model/connections/git.ts'
import type { Ledger } from '../../model/service/facts.ts'
import type { CallContext } from '../../model/target.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { ACCOUNTS } from './server.ts'
import { type GitLab, openGit, type Place, target } from './fixture.ts'

let lab: GitLab
beforeAll(async () => {
  lab = await openGit()
})
afterAll(() => lab.close())

const VALUES = 'apps/checkout/values.yaml'

/** A repository of two apps, whose checkout was changed by Ann and then by Bob. */
async function shop(): Promise<Place & { good: string; bad: string }> {
  const place = await lab.place()
  place.commit({ [VALUES]: 'a: 1\n\n\n\nb: 1\n', 'apps/search/values.yaml': 'c: 1\n' }, { subject: 'the beginning' })
  const good = place.commit({ [VALUES]: 'a: 2\n\n\n\nb: 1\n' }, { subject: 'a larger pool' })
  const bad = place.commit({ [VALUES]: 'a: 3\n\n\n\nb: 1\n', 'apps/checkout/new.yaml': 'd: 1\n' }, { author: 'Bob' })
  return { ...place, good, bad }
}

const go = async (place: Place, more: object = {}, context: Partial<CallContext> = {}) => {
  const step = place.step(more)
  const around = contextFor(place.connection, context)
  const plan = await planOf(target, step, around)
  return { step, around, plan, state: await applied(target, step, plan, around) }
}

it('restores a path by one commit that names the rollback and the incident, and touches nothing else', async () => {
  const place = await shop()
  place.commit({ 'apps/search/values.yaml': 'c: 2\n' }, { author: 'Cid' })
  const { plan, around, step, state } = await go(place, {}, { incident: 'INC-42\nUnwind-Move: forged' })
  expect(plan.changes.map(({ path }) => path)).toEqual(['apps/checkout/new.yaml', VALUES])
  expect(plan.lost).toEqual([`${place.bad.slice(0, 12)} Bob: a change`])
  expect(place.git('rev-parse', 'main:apps/checkout')).toBe(place.git('rev-parse', `${place.good}:apps/checkout`))
  expect(place.git('show', 'main:apps/search/values.yaml')).toBe('c: 2')
  expect(place.git('rev-list', '--count', 'main')).toBe('5')
  const trailers = place.git('log', '-1', '--format=%an%n%(trailers)', 'main').split('\n')
  expect(trailers).toEqual([
    'Unwind',
    `Unwind-Rollback-Id: ${around.rollbackId}`,
    'Unwind-Step: step',
    expect.stringMatching(/^Unwind-Move: [0-9a-f]{16}$/),
    'Unwind-Incident: INC-42 Unwind-Move: forged',
  ])
  expect((await verified(target, step, state, around)).status).toBe('pass')
})

it('undo is one more commit, with exactly what was left', async () => {
  const place = await shop()
  const { plan } = await go(place)
  const undo = await go(place, {}, { towards: plan.from })
  expect(undo.plan.warnings).toEqual([])
  expect(place.git('rev-parse', 'main^{tree}')).toBe(place.git('rev-parse', `${place.bad}^{tree}`))
  expect(place.git('rev-list', '--count', 'main')).toBe('5')
})

it('an answer of the push that is lost pushes nothing twice', async () => {
  const place = await shop()
  const before = lab.server.pushes()
  const context = contextFor(place.connection)
  const plan = await planOf(target, place.step(), context)
  lab.server.loseAnswer('middle')
  const error = await errorOf(() => applied(target, place.step(), plan, context))
  expect(error.code).toBe('TARGET_UNREACHABLE')
  await applied(target, place.step(), plan, context)
  expect(lab.server.pushes() - before).toBe(1)
  expect(place.git('rev-list', '--count', 'main')).toBe('4')
})

it('a push that the transport sends a second time by itself is refused by the server, and found done', async () => {
  const place = await shop()
  lab.server.loseAnswer('first')
  await go(place)
  expect(place.git('rev-list', '--count', 'main')).toBe('4')
})

it('somebody who changes the path after the push is kept, and told apart from a plan that never began', async () => {
  const place = await shop()
  const { step, plan, around } = await go(place)
  place.commit({ [VALUES]: 'a: 9\n' }, { author: 'Cid' })
  const error = await errorOf(() => applied(target, step, plan, around))
  expect([error.code, error.facts?.['untouched']]).toEqual(['PLAN_STALE', false])
  expect(place.git('show', `main:${VALUES}`)).toBe('a: 9')
})

it('a commit elsewhere in the moment of the push is built upon, never overwritten', async () => {
  const place = await shop()
  const basic = Buffer.from(`x:${ACCOUNTS.writer}`).toString('base64')
  const proxy = await startProxy({
    url: new URL(lab.server.url),
    options: { headers: { authorization: `Basic ${basic}` } },
    isWrite: (method, path) => method === 'POST' && path.endsWith('/git-receive-pack'),
  })
  try {
    const through = await lab.connect(`${proxy.url}/${place.name}.git`)
    const plan = await planOf(target, place.step(), contextFor(place.connection))
    const held = proxy.hold('request')
    const going = applied(target, place.step(), plan, contextFor(through))
    await held.reached
    const theirs = place.commit({ 'apps/search/values.yaml': 'c: 5\n' }, { author: 'Cid' })
    await held.release()
    await going
    expect(place.git('rev-parse', 'main^')).toBe(theirs)
    expect(place.git('show', 'main:apps/search/values.yaml')).toBe('c: 5')
    expect(place.git('show', `main:${VALUES}`)).toMatch(/^a: 2/)
  } finally {
    await proxy.stop()
  }
})

it('two apps of one repository go back at once, each by its own commit', async () => {
  const place = await shop()
  place.commit({ 'apps/search/values.yaml': 'c: 2\n' })
  await Promise.all([go(place), go(place, { path: 'apps/search' }), go(place, { path: 'apps/search/values.yaml' })])
  expect(place.git('show', `main:${VALUES}`)).toMatch(/^a: 2/)
  expect(place.git('show', 'main:apps/search/values.yaml')).toBe('c: 1')
  expect(place.git('rev-list', '--count', 'main')).toMatch(/^[67]$/)
})

it('reverts one commit and keeps what came after it', async () => {
  const place = await shop()
  place.commit({ [VALUES]: 'a: 3\n\n\n\nb: 7\n' }, { author: 'Cid', subject: 'b is 7' })
  const { plan } = await go(place, { way: 'revert', commits: place.bad })
  expect(plan.changes.map(({ path }) => path)).toEqual(['apps/checkout/new.yaml', VALUES])
  expect(place.git('show', `main:${VALUES}`)).toBe('a: 2\n\n\n\nb: 7')
  expect(place.git('log', '-1', '--format=%(trailers:key=Reverts,valueonly)', 'main').trim()).toBe(place.bad)
  const back = await go(place, { way: 'revert', commits: 'HEAD' })
  expect(back.plan.to['reverts']).toHaveLength(1)
  expect(place.git('show', `main:${VALUES}`)).toBe('a: 3\n\n\n\nb: 7')
})

it('reverts a range, and a merge against the parent that stays', async () => {
  const place = await shop()
  const side = place.commit({ [VALUES]: 'a: 3\n\n\n\nb: 8\n' }, { parents: [place.bad], branch: 'side' })
  const main = place.commit({ 'apps/search/values.yaml': 'c: 3\n' })
  place.commit({ [VALUES]: 'a: 3\n\n\n\nb: 8\n' }, { parents: [main, side], subject: 'merge side' })
  await go(place, { way: 'revert', commits: 'HEAD', path: '.' })
  expect(place.git('show', `main:${VALUES}`)).toBe('a: 3\n\n\n\nb: 1')
  const range = await go(place, { way: 'revert', to: place.good })
  expect(range.plan.to['reverts']).toHaveLength(3)
  expect(place.git('rev-parse', 'main:apps/checkout')).toBe(place.git('rev-parse', `${place.good}:apps/checkout`))
  expect(place.git('show', 'main:apps/search/values.yaml')).toBe('c: 3')
})

it('a conflict is foreseen with the files and the way out, and nothing is pushed', async () => {
  const place = await shop()
  const head = place.commit({ [VALUES]: 'a: 4\n\n\n\nb: 1\n' }, { author: 'Cid' })
  const error = await errorOf(() => go(place, { way: 'revert', commits: place.bad }))
  expect([error.code, error.facts?.['conflicts']]).toEqual(['TARGET_REJECTED', [VALUES]])
  expect(error.message).toContain('way: restore')
  // Where and by whom, never what the lines hold.
  expect(error.facts).toMatchObject({ lines: [`${VALUES}:1`], since: [`${head.slice(0, 12)} Cid: a change`] })
  expect(error.message).toContain(`git diff ${place.bad.slice(0, 12)} ${head.slice(0, 12)}`)
  expect(error.message).not.toContain('a: 4')
  expect(place.git('rev-parse', 'main')).toBe(head)
})

it('a protected branch is named so, with the way out', async () => {
  const place = await shop()
  const hook = '#!/bin/sh\necho "GH006: Protected branch update failed for refs/heads/main." >&2\nexit 1\n'
  writeFileSync(join(place.bare, 'hooks', 'pre-receive'), hook, { mode: 0o755 })
  const error = await errorOf(() => go(place))
  expect([error.code, error.facts]).toEqual(['TARGET_FORBIDDEN', { protected: true }])
  expect(error.message).toContain('pull request')
  expect(place.git('rev-parse', 'main')).toBe(place.bad)
})

it('last-good is the commit that the ledger has of a release; without one it is a guess that people confirm', async () => {
  const place = await shop()
  place.commit({ [VALUES]: 'a: 4\n' }, { author: 'Cid', subject: 'a is 4' })
  place.git('tag', '-a', '-m', 'one', 'v1', place.good)
  const release = (version: string, commit: string, verified: boolean) => ({
    ...{ version, commit, verified, images: [], deployedAt: 1, denied: false, migrations: [] },
  })
  const ledger: Ledger = { releases: [release('v2', place.bad, false), release('v1.0', place.good, true)] }
  const known = await planOf(
    target,
    place.step({ to: 'last-good' }),
    contextFor(place.connection, { ledger: async () => ledger }),
  )
  expect(known).toMatchObject({ to: { commit: place.good }, release: 'v1.0' })
  expect(known.warnings.map(({ code, confirm }) => [code, confirm])).toEqual([['COMMITS_LOST', true]])
  expect(known.warnings[0]?.message).toMatch(/Cid: a is 4; \w+ Bob: a change/)
  const guess = await planOf(target, place.step({ to: 'last-good' }), contextFor(place.connection))
  expect(guess.warnings.map(({ code }) => code)).toEqual(['UNVERIFIED_TARGET'])
  const tag = await planOf(target, place.step({ to: 'v1' }), contextFor(place.connection))
  expect(tag.to['commit']).toBe(place.good)
  const missing = await errorOf(() =>
    planOf(target, place.step({ to: 'v9' }), contextFor(place.connection, { ledger: async () => ledger })),
  )
  expect([missing.code, missing.message]).toEqual(['NO_ROLLBACK_TARGET', expect.stringContaining('Cid: a is 4')])
})

it('submodules and pointers of Git LFS are told of', async () => {
  const place = await lab.place()
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n'
  const first = place.commit({ [VALUES]: '1', 'apps/checkout/model.bin': pointer })
  place.commit({ [VALUES]: '2' })
  const index = { ...process.env, GIT_INDEX_FILE: join(place.bare, 'index-of-test'), GIT_DIR: place.bare }
  const git = (...args: string[]) => execFileSync('git', args, { env: index, encoding: 'utf8' }).trim()
  git('read-tree', 'main')
  git('update-index', '--add', '--cacheinfo', `160000,${first},apps/checkout/module`)
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test']
  git('update-ref', 'refs/heads/main', git(...who, 'commit-tree', git('write-tree'), '-p', 'main', '-m', 'a module'))
  const { plan } = await go(place)
  expect(plan.warnings.map(({ code }) => code)).toEqual(['SUBMODULES', 'LFS_POINTERS'])
  await go(place, {}, { towards: plan.from })
  expect(place.git('ls-tree', 'main', '--', 'apps/checkout/module')).toContain(`160000 commit ${first}`)
})

it('commits are signed with the key of the connection', async () => {
  const place = await shop()
  const key = join(lab.server.folder, 'signing')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const connection = await lab.connect(place.url, 'writer', { signingKey: key })
  await go({ ...place, connection })
  expect(place.git('cat-file', 'commit', 'main')).toContain('-----BEGIN SSH SIGNATURE-----')
})

it('addresses with a password, and what a command line could take for an option, are refused', () => {
  const read = (url: string) => GitConnection.safeParse({ kind: 'git', environment: 'production', url }).success
  expect(['https://git.example.org/shop.git', 'ssh://git@git.example.org/shop.git'].map(read)).toEqual([true, true])
  const bad = [
    'https://u:p@git.example.org/a',
    'http://git.example.org/a',
    'ext::sh -c x',
    'ssh://-oProxyCommand=x/a',
    '--x',
  ]
  expect(bad.filter(read)).toEqual([])
})
