import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type GitSshServer, startGitSsh } from '../../tools/git-ssh/server.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { type GitLab, openGit, type Place, target } from './fixture.ts'

let lab: GitLab
let server: GitSshServer
let place: Place
beforeAll(async () => {
  lab = await openGit()
  place = await lab.place()
  server = await startGitSsh(dirname(place.bare))
  place.commit({ 'apps/checkout/values.yaml': 'a: 1\n' })
  place.commit({ 'apps/checkout/values.yaml': 'a: 2\n' })
}, 600_000)
afterAll(async () => {
  await server.stop()
  await lab.close()
})

/** A connection over SSH, with other credentials or another repository where they are given. */
async function over(more: object = {}, name = place.name) {
  const { token: _token, ...own } = lab.credentials(`${server.url}/${name}.git`)
  return contextFor(await target.connect({ ...own, key: server.key, knownHosts: server.knownHosts, ...more }, 'ssh'))
}

const plan = async (more?: object, name?: string) => planOf(target, place.step(), await over(more, name))

it('a path goes back over SSH: fetched, pushed without force, and read back', async () => {
  const context = await over()
  const made = await planOf(target, place.step(), context)
  const state = await applied(target, place.step(), made, context)
  expect(place.git('show', 'main:apps/checkout/values.yaml')).toBe('a: 1')
  expect(place.git('rev-list', '--count', 'main')).toBe('3')
  expect((await verified(target, place.step(), state, context)).status).toBe('pass')
})

it('a server that is not known, or has another key than is known, is trusted with nothing', async () => {
  const empty = join(lab.server.folder, 'nobody')
  writeFileSync(empty, '')
  const other = join(lab.server.folder, 'another')
  const { port } = new URL(server.url)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${other}-key`])
  writeFileSync(other, `[127.0.0.1]:${port} ${readFileSync(`${other}-key.pub`, 'utf8')}`)
  for (const knownHosts of [empty, other])
    expect(await errorOf(() => plan({ knownHosts }))).toMatchObject({ code: 'TARGET_MISMATCH' })
})

it('a key that the server does not know is refused, and a repository that is not there is told', async () => {
  expect(await errorOf(() => plan({ key: server.strangerKey }))).toMatchObject({ code: 'TARGET_FORBIDDEN' })
  expect(await errorOf(() => plan({}, 'none'))).toMatchObject({ code: 'TARGET_NOT_FOUND' })
})
