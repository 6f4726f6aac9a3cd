import { spawn } from 'node:child_process'
import { UnwindError } from '../../model/errors.ts'
import type { Access, Repository } from './connect.ts'

/** How one git ended: its exit code, what it wrote, and the end of what it said on stderr. */
export interface Ended {
  code: number | null
  out: string
  said: string
  /** Its time was up. */
  late: boolean
}

/** What one git is given beside its arguments. */
export interface Given {
  signal: AbortSignal
  input?: string
  variables?: Record<string, string>
  /** Of the server, for what talks to it. */
  access?: Access
  /** Milliseconds after which it is ended. */
  within?: number
}

const LIMIT = 60_000
const OUTPUT = 32 * 1_048_576
const SAID = 16 * 1_024
const OLDEST = [2, 38] as const

let known: Promise<void> | undefined

/** Throws CONFIGURATION_INVALID where git is missing, or older than its merge-tree that writes a tree. */
export function needGit(repository: Repository): Promise<void> {
  known ??= checked(repository)
  // A failure is not kept: whoever installs git retries.
  known.catch(() => (known = undefined))
  return known
}

async function checked(repository: Repository): Promise<void> {
  // Everybody who waits shares this one, so that the end of one call must not end it; its own limit does.
  const { out } = await run(repository, ['version'], { signal: new AbortController().signal })
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(out) ?? []).map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
  throw new UnwindError(
    'CONFIGURATION_INVALID',
    `the worker has git ${major}.${minor}; install ${OLDEST.join('.')} or newer`,
  )
}

/**
 * Runs git in the clone of a repository: without a prompt, a hook, a setting of the user or the machine, or a transport
 * that runs a command. It and what it starts are killed when the activity is cancelled or its time is up.
 */
export function run(repository: Repository, args: readonly string[], given: Given): Promise<Ended> {
  const { signal, input = '', within = LIMIT } = given
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const limit = AbortSignal.timeout(within)
    const either = AbortSignal.any([signal, limit])
    const child = spawn('git', ['--git-dir', repository.folder, ...args], {
      ...{ detached: true, stdio: ['pipe', 'pipe', 'pipe'], env: environment(repository, given) },
    })
    const kill = () => killGroup(child.pid)
    const out: Buffer[] = []
    let [size, said] = [0, '']
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > OUTPUT) kill()
      else out.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-SAID)
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    either.addEventListener('abort', kill, { once: true })
    child.once('error', (cause) => {
      either.removeEventListener('abort', kill)
      const message = `git can't be run; install git ${OLDEST.join('.')} or newer beside the worker`
      reject(new UnwindError('CONFIGURATION_INVALID', message, undefined, { cause }))
    })
    child.once('close', (code) => {
      either.removeEventListener('abort', kill)
      if (signal.aborted) return reject(signal.reason)
      if (size > OUTPUT) return reject(new UnwindError('TARGET_REJECTED', tooMuch(repository)))
      resolve({ code, out: Buffer.concat(out).toString('utf8'), said, late: limit.aborted })
    })
  })
}

function tooMuch({ url }: Repository): string {
  return `git answers more of ${url} than ${OUTPUT / 1_048_576} MiB; name a path, or fewer commits`
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself meanwhile.
  }
}

const SETTINGS: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['credential.helper', ''],
  ['http.followRedirects', 'false'],
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '60'],
  ['gpg.format', 'ssh'],
]

/** Of the worker's environment only what leads to programs and servers: no other secret, and no GIT_* of somebody's. */
const PASSED = /^(?:PATH|USER|TMPDIR|(?:HTTPS?|NO|ALL)_PROXY|SSL_CERT_\w+|SSH_AUTH_SOCK)$/i

function environment(repository: Repository, { variables, access }: Given): Record<string, string> {
  const { author, folder, signingKey } = repository
  const passed = Object.entries(process.env).flatMap(([key, value]) =>
    PASSED.test(key) && value !== undefined ? [[key, value] as const] : [],
  )
  const signing = signingKey === undefined ? [] : [['user.signingKey', signingKey] as const]
  const settings = [...SETTINGS, ...signing, ...(access?.settings ?? [])]
  return {
    ...Object.fromEntries(passed),
    ...{ HOME: folder, XDG_CONFIG_HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    ...{ GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', GIT_ALLOW_PROTOCOL: 'https:http:ssh', LC_ALL: 'C' },
    ...{ GIT_LITERAL_PATHSPECS: '1', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1' },
    ...{ GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email },
    ...{ GIT_COMMITTER_NAME: author.name, GIT_COMMITTER_EMAIL: author.email },
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
    ...access?.variables,
    ...variables,
  }
}
