import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type GitHubRepository, startGitHubRepository } from '../doubles/vendors/github-repository/index.ts'
import type { Fixture } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import { type GitLab, gitFixture, type Place } from './fixture.ts'
import { ACCOUNTS } from './server.ts'

/** A repository whose main branch takes nothing but merged pull requests. */
export interface Protected {
  place: Place
  github: GitHubRepository
  /** Of the connection, with other addresses of git or of the API where they are given. */
  credentials(account?: keyof typeof ACCOUNTS, git?: string, api?: string): Record<string, unknown>
}

export async function protectedPlace(lab: GitLab): Promise<Protected> {
  const place = await lab.place()
  const github = await startGitHubRepository(`acme/${place.name}`, place.bare)
  github.state.protected.add('main')
  const refuses =
    '#!/bin/sh\nwhile read old new ref; do [ "$ref" != refs/heads/main ] || { echo "GH006: Protected branch update failed for refs/heads/main." >&2; exit 1; }; done\n'
  writeFileSync(join(place.bare, 'hooks', 'pre-receive'), refuses, { mode: 0o755 })
  const credentials: Protected['credentials'] = (account, git = place.url, api = github.url) => {
    const { pin, ...own } = lab.credentials(git, account)
    return { ...own, pin: { ...(pin as object), github: { repository: github.state.name, origin: api } } }
  }
  const { target } = gitFixture(lab, place)
  return { place: { ...place, connection: await target.connect(credentials(), 'git') }, github, credentials }
}

/** The conformance fixture of files behind a protected branch; `held` says which write is held, the branch's or GitHub's. */
export function pullRequestFixture(
  lab: GitLab,
  { place, github, credentials }: Protected,
  held: 'push' | 'open',
): Fixture {
  github.state.merges = true
  const before = gitFixture(lab, place)
  return {
    ...before,
    forbidden: async () => ({
      connection: await before.target.connect(credentials('reader'), 'git'),
      right: /may not push to unwind\/[0-9a-f-]+ of http/,
    }),
    unreachable: () =>
      before.target.connect(credentials('writer', 'http://127.0.0.1:9/shop.git', 'http://127.0.0.1:9'), 'git'),
    proxied: async () => {
      const basic = Buffer.from(`x:${ACCOUNTS.writer}`).toString('base64')
      const proxy = await startProxy(
        held === 'push'
          ? {
              url: new URL(lab.server.url),
              options: { headers: { authorization: `Basic ${basic}` } },
              isWrite: (method, path) => method === 'POST' && path.endsWith('/git-receive-pack'),
              refuses: (answer) => /ng refs\/heads\//.test(answer),
            }
          : {
              url: new URL(github.url),
              options: { headers: { authorization: `Bearer ${ACCOUNTS.writer}` } },
              isWrite: (method, path) => method === 'POST' && path.endsWith('/pulls'),
            },
      )
      const module = fileURLToPath(new URL('../../activities/targets/git-revert/index.ts', import.meta.url))
      const through =
        held === 'push'
          ? credentials('writer', `${proxy.url}/${place.name}.git`)
          : credentials('writer', place.url, proxy.url)
      return { proxy, credentials: through, module, exported: 'gitRevert' }
    },
  }
}
