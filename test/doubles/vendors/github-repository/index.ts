import { execFileSync } from 'node:child_process'
import { verify } from 'node:crypto'
import { type Answered, type Asked, type Double, startDouble } from '../../double.ts'
import { githubContract } from '../github-contract.ts'
import { actionRoutes } from './actions.ts'
import { contentRoutes } from './contents.ts'
import { pullRoutes } from './pulls.ts'
import { type RepositoryState, type Route, said, type Served } from './route.ts'

export type GitHubRepository = Double & { state: RepositoryState }

/** Who asks: may do all, may only read, and a GitHub App, whose installation has the token `ghs_…`. */
export const TOKENS = { writer: 'canary-token-of-the-writer', reader: 'canary-token-of-the-reader' } as const
export const INSTALLATION = 'ghs_canary-of-the-installation'

/** A repository on GitHub over a real git repository, checked against GitHub's own description. */
export async function startGitHubRepository(name: string, bare: string): Promise<GitHubRepository> {
  const contract = await githubContract()
  const state: RepositoryState = {
    ...{
      name,
      bare,
      runs: [],
      pulls: [],
      protected: new Set<string>(),
      dispatchAnswers: 200 as const,
      listsLate: 0,
      ends: 'success',
    },
    ...{ appKey: undefined, merges: false },
    ...{ disabled: new Set<string>(), environments: new Map<string, { reviewers: string[] }>() },
  }
  const git = (...args: string[]) => inside(state.bare, args)
  const gitMaybe = (...args: string[]) => {
    try {
      return git(...args)
    } catch {
      return undefined
    }
  }
  const served: Served = { ...contract, state, git, gitMaybe }
  const double = await startDouble({
    contract: contract.contract,
    isWrite: ({ method }) => method !== 'GET',
    answer: (asked) => answer(served, asked),
    // https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
    everywhere: [401, 403, 404, 409, 422, 429],
  })
  return Object.assign(double, { state })
}

const routes: readonly Route[] = [...contentRoutes, ...actionRoutes, ...pullRoutes]

function answer(served: Served, asked: Asked): Answered {
  const token = /^Bearer (.+)$/.exec(asked.headers.authorization ?? '')?.[1]
  if (/^\/app\/installations\/\d+\/access_tokens$/.test(asked.path)) return installed(served, token)
  const known = token === TOKENS.writer || token === INSTALLATION
  if (!known && token !== TOKENS.reader) return said(401, 'Bad credentials')
  const before = `/repos/${served.state.name}`
  if (asked.path !== before && !asked.path.startsWith(`${before}/`)) return said(404, 'Not Found')
  const rest = asked.path.slice(before.length)
  for (const [method, path, route] of routes) {
    const found = method === asked.method ? path.exec(rest) : null
    if (!found) continue
    if (method !== 'GET' && !known)
      return {
        ...said(403, 'Resource not accessible by personal access token'),
        headers: { 'x-accepted-github-permissions': rest.startsWith('/actions') ? 'actions=write' : 'contents=write' },
      }
    return route(served, found.slice(1).map(decodeURIComponent), asked)
  }
  return said(404, 'Not Found')
}

function installed({ example, state }: Served, token = ''): Answered {
  const [head, payload, signature = ''] = token.split('.')
  const good =
    state.appKey &&
    verify('sha256', Buffer.from(`${head}.${payload}`), state.appKey, Buffer.from(signature, 'base64url'))
  if (!good) return said(401, 'A JSON web token could not be decoded')
  const expires = new Date(Date.now() + 3_600_000).toISOString()
  const body = { token: INSTALLATION, expires_at: expires, permissions: { actions: 'write', contents: 'write' } }
  return { status: 201, body: { ...example('installation-token'), ...body } }
}

function inside(bare: string, args: readonly string[]): string {
  const who = { GIT_AUTHOR_NAME: 'GitHub', GIT_AUTHOR_EMAIL: 'noreply@github.com' }
  const committer = { GIT_COMMITTER_NAME: 'GitHub', GIT_COMMITTER_EMAIL: 'noreply@github.com' }
  const env = { PATH: process.env['PATH'], HOME: bare, GIT_CONFIG_NOSYSTEM: '1', ...who, ...committer }
  return execFileSync('git', ['--git-dir', bare, ...args], {
    ...{ env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  }).trimEnd()
}
