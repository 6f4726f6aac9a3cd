import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gitRevert } from '../../activities/targets/git-revert/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import { ACCOUNTS, type GitServer, startGit } from './server.ts'

export const target = gitRevert as unknown as Target

/** What files hold, by their paths; undefined takes one away. */
export type Files = Record<string, string | Buffer | undefined>

/** One repository on the server, and somebody's hands in it. */
export interface Place {
  name: string
  url: string
  bare: string
  connection: unknown
  /** Runs git in the bare repository itself. */
  git(...args: string[]): string
  /** Commits files on the branch as somebody, and answers the commit. */
  commit(files: Files, more?: { subject?: string; author?: string; parents?: string[]; branch?: string }): string
  step(more?: object): Record<string, unknown>
}

/** A real git server, with hands to make repositories on it. */
export interface GitLab {
  server: GitServer
  place(): Promise<Place>
  connect(url: string, account?: keyof typeof ACCOUNTS, more?: object): Promise<unknown>
  credentials(url: string, account?: keyof typeof ACCOUNTS, more?: object): Record<string, unknown>
  close(): Promise<void>
}

export async function openGit(): Promise<GitLab> {
  const server = await startGit()
  process.env['UNWIND_TEST_GIT_WRITER'] = ACCOUNTS.writer
  process.env['UNWIND_TEST_GIT_READER'] = ACCOUNTS.reader
  const credentials: GitLab['credentials'] = (url, account = 'writer', more = {}) => ({
    ...{ token: { env: `UNWIND_TEST_GIT_${account.toUpperCase()}` }, clones: join(server.folder, 'clones'), ...more },
    pin: { url, branch: 'main', author: { name: 'Unwind', email: 'unwind@example.test' } },
  })
  const connect: GitLab['connect'] = (url, account, more) => gitRevert.connect(credentials(url, account, more), 'git')
  const place = async (): Promise<Place> => {
    const name = randomUUID().slice(0, 8)
    const [bare, url] = [server.create(name), `${server.url}/${name}.git`]
    return {
      ...{ name, url, bare, connection: await connect(url) },
      git: (...args) => inside(bare, args),
      commit: (files, more) => committed(bare, files, more),
      step: (more = {}) => ({ kind: 'git-revert', path: 'apps/checkout', to: 'previous', ...more }),
    }
  }
  return { server, place, connect, credentials, close: () => server.stop() }
}

const TAGGER = { GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.test' }

function inside(
  bare: string,
  args: readonly string[],
  input?: string | Buffer,
  more: Record<string, string> = {},
): string {
  const env = { PATH: process.env['PATH'], HOME: bare, GIT_CONFIG_NOSYSTEM: '1', ...TAGGER, ...more }
  const options = { input: input ?? '', env, encoding: 'utf8', maxBuffer: 64 * 1_048_576 } as const
  return execFileSync('git', ['--git-dir', bare, ...args], options).trimEnd()
}

/** By plumbing, in the repository of the server itself: no push of ours is counted for it. */
function committed(
  bare: string,
  files: Files,
  { subject = 'a change', author = 'Ann', parents, branch = 'main' }: Parameters<Place['commit']>[1] = {},
): string {
  const index = { GIT_INDEX_FILE: join(bare, `index-${randomUUID()}`) }
  const head = headOf(bare, branch)
  const base = parents?.[0] ?? head
  if (base) inside(bare, ['read-tree', base], undefined, index)
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) inside(bare, ['update-index', '--force-remove', '--', path], undefined, index)
    else {
      const blob = inside(bare, ['hash-object', '-w', '--stdin'], content)
      inside(bare, ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], undefined, index)
    }
  }
  const tree = inside(bare, ['write-tree'], undefined, index)
  const behind = (parents ?? (head ? [head] : [])).flatMap((parent) => ['-p', parent])
  const mail = `${author.toLowerCase()}@example.test`
  const who = {
    ...{ GIT_AUTHOR_NAME: author, GIT_AUTHOR_EMAIL: mail, GIT_COMMITTER_NAME: author, GIT_COMMITTER_EMAIL: mail },
  }
  const commit = inside(bare, ['commit-tree', tree, ...behind, '-m', subject], undefined, who)
  inside(bare, ['update-ref', `refs/heads/${branch}`, commit])
  return commit
}

function headOf(bare: string, branch: string): string | undefined {
  try {
    return inside(bare, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`])
  } catch {
    return undefined
  }
}

/** Folders of one repository of a real git server, in each situation that the conformance suite asks for. */
export function gitFixture(lab: GitLab, place: Place): Fixture {
  const arranged = async (old = 'replicas: 2\n', now = 'replicas: 0\n'): Promise<Subject> => {
    const path = `apps/${randomUUID().slice(0, 8)}`
    place.commit({ [`${path}/deployment.yaml`]: old })
    place.commit({ [`${path}/deployment.yaml`]: now, [`${path}/more.yaml`]: 'a: 1\n' })
    return subjectOf(place, path)
  }
  return {
    ...{ target, connection: place.connection, arrange: () => arranged() },
    empty: async () => {
      const path = `apps/${randomUUID().slice(0, 8)}`
      place.commit({ [`${path}/deployment.yaml`]: 'replicas: 2\n' })
      return { step: place.step({ path }) }
    },
    // Git knows nothing of who else writes to a branch.
    owned: async () => ({ step: (await arranged()).step }),
    forbidden: async () => ({
      connection: await lab.connect(place.url, 'reader'),
      right: /may not push to main of http/,
    }),
    unreachable: () => lab.connect('http://127.0.0.1:9/shop.git'),
    secret: async () => {
      const [old, now] = ['canary-in-the-old-7Qx', 'canary in the new & 2']
      const subject = await arranged(`password: ${old}\n`, `password: ${now}\n`)
      return { subject, canaries: [old, now, ...Object.values(ACCOUNTS)] }
    },
    proxied: async () => {
      const basic = Buffer.from(`x:${ACCOUNTS.writer}`).toString('base64')
      const proxy = await startProxy({
        url: new URL(lab.server.url),
        options: { headers: { authorization: `Basic ${basic}` } },
        isWrite: (method, path) => method === 'POST' && path.endsWith('/git-receive-pack'),
        refuses: (answer) => /ng refs\/heads\//.test(answer),
      })
      const module = fileURLToPath(new URL('../../activities/targets/git-revert/index.ts', import.meta.url))
      const credentials = lab.credentials(`${proxy.url}/${place.name}.git`)
      return { proxy, credentials, module, exported: 'gitRevert' }
    },
  }
}

function subjectOf(place: Place, path: string): Subject {
  return {
    step: place.step({ path }),
    read: async () => place.git('ls-tree', '-r', 'main', '--', path),
    version: async () => place.git('rev-parse', 'main'),
    elsewhere: async () => void place.commit({ [`${path}/deployment.yaml`]: `replicas: ${randomUUID()}\n` }),
    irrelevant: async () => {
      place.commit({ 'apps/search/deployment.yaml': 'replicas: 7\n' })
      return async () => place.git('show', 'main:apps/search/deployment.yaml') === 'replicas: 7'
    },
  }
}
