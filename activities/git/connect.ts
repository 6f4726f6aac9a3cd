import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { GitHubApp, GitHubPlace } from '../../model/connections/github.ts'
import { UnwindError } from '../../model/errors.ts'
import { Secret } from '../../model/secret.ts'
import type { Where } from '../github/request.ts'
import { type Grant, granting } from '../github/token.ts'
import { readSecret } from '../secret.ts'

/** No character that the shell by which git starts ssh could read as more than a path. */
const PlainPath = z
  .string()
  .regex(/^\/[A-Za-z0-9._/@+-]*$/, 'write an absolute path of letters, digits and . _ - + @ /')

/** What `connect` is given: the worker's credentials, and what the shared configuration says of the repository. */
const GitCredentials = z.strictObject({
  user: z.string().optional(),
  token: Secret.optional(),
  app: GitHubApp.optional(),
  key: PlainPath.optional(),
  knownHosts: PlainPath.optional(),
  signingKey: z.string().optional(),
  ca: z.string().optional(),
  clones: z.string().optional(),
  pin: z.strictObject({
    url: z.string(),
    branch: z.string(),
    path: z.string().optional(),
    author: z.strictObject({ name: z.string(), email: z.string() }),
    github: GitHubPlace.optional(),
  }),
})

/** A branch of a repository, as a worker reaches it. */
export interface Repository {
  name: string
  url: string
  branch: string
  /** What steps take back unless they say otherwise. */
  path: string
  author: { name: string; email: string }
  /** The bare clone that is kept of it on this machine. */
  folder: string
  /** Path of the key that commits are signed with (SSH). */
  signingKey?: string | undefined
  /** Where its pull requests are opened. */
  github?: Where
  /** What a git process that talks to the server gets beside its own settings; read anew each time, never kept. */
  access(): Promise<Access>
}

/** Settings and variables that hold credentials: for the environment of a process, never for its command line. */
export interface Access {
  settings: [key: string, value: string][]
  variables: Record<string, string>
}

/** Opens the connection; touches no network. Throws CONFIGURATION_INVALID for credentials that can't be used. */
export async function connect(given: unknown, name: string): Promise<Repository> {
  const read = GitCredentials.safeParse(given)
  if (!read.success) {
    const [issue] = read.error.issues
    const where = `worker.credentials.${name}.${issue?.path.join('.') ?? ''}`
    throw new UnwindError('CONFIGURATION_INVALID', `${where}: ${issue?.message ?? 'it is not valid'}; mend unwind.yaml`)
  }
  const { pin, clones, signingKey, app, ...credentials } = read.data
  const origin = pin.github?.origin ?? 'https://api.github.com'
  const grant = granting({ name, origin, token: credentials.token, app })
  return {
    ...{ name, url: pin.url, branch: pin.branch, path: pin.path ?? '.', author: pin.author, signingKey },
    folder: join(
      clones ?? cache(),
      `${createHash('sha256').update(`${name}\n${pin.url}`).digest('hex').slice(0, 24)}.git`,
    ),
    ...(pin.github && { github: { name, ...pin.github, grant } }),
    access: () => accessOf({ ...credentials, ...(app && { grant }) }, pin.url, name),
  }
}

type Login = Pick<z.infer<typeof GitCredentials>, 'user' | 'token' | 'key' | 'knownHosts' | 'ca'> & {
  /** Of a GitHub App, in place of a token. */
  grant?: (signal: AbortSignal) => Promise<Grant>
}

const GRANTING = 30_000

/** As a header of requests to this repository alone; redirects are not followed, so it goes nowhere else. */
async function accessOf(login: Login, url: string, name: string): Promise<Access> {
  const { user = 'x-access-token', token, grant, key, knownHosts, ca } = login
  if (url.startsWith('ssh:')) return { settings: [], variables: { GIT_SSH_COMMAND: ssh(key, knownHosts) } }
  const password = grant
    ? (await grant(AbortSignal.timeout(GRANTING))).token
    : token && (await readSecret(token, `worker.credentials.${name}.token`))
  const basic = Buffer.from(`${user}:${password ?? ''}`).toString('base64')
  return {
    settings: [
      ...(password === undefined
        ? []
        : [[`http.${url}.extraHeader`, `Authorization: Basic ${basic}`] as [string, string]]),
      ...(ca === undefined ? [] : [['http.sslCAInfo', ca] as [string, string]]),
    ],
    variables: {},
  }
}

/** Asks nobody, trusts no host that is not known, and reads no file of the user but what is named. */
function ssh(key: string | undefined, knownHosts: string | undefined): string {
  return [
    'ssh -F /dev/null -oBatchMode=yes -oConnectTimeout=10 -oServerAliveInterval=10 -oStrictHostKeyChecking=yes',
    ...(knownHosts ? [`-oUserKnownHostsFile=${knownHosts}`] : []),
    ...(key ? [`-oIdentitiesOnly=yes -i ${key}`] : []),
  ].join(' ')
}

function cache(): string {
  const set = process.env['XDG_CACHE_HOME']
  return join(set && isAbsolute(set) ? set : join(homedir(), '.cache'), 'unwind', 'git')
}
