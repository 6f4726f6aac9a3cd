import { z } from 'zod'
import { Name } from '../step.ts'
import { GitHubPlace } from './github.ts'

/** A path inside a repository, or `.` for all of it. */
export const GitPath = z
  .string()
  .min(1)
  .max(500)
  .refine(isGitPath, 'write a path from the root of the repository, without slashes at its ends, or . for all of it')

const Branch = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9._/-]*[A-Za-z0-9_-])?$/, 'write the name of a branch')
  .refine((name) => !/\.\.|\/\/|\/\.|\.lock(?:\/|$)/.test(name), 'git takes no such name for a branch')

const Author = z.strictObject({
  name: z
    .string()
    .max(100)
    .regex(/^[^<>\u0000-\u001f\u007f]+$/, 'write a name without < and >'),
  email: z
    .string()
    .max(200)
    .regex(/^[^<>\s\u0000-\u001f\u007f]+$/, 'write an address without < and >'),
})

/** A branch of a Git repository, whose files steps take back by new commits. */
export const GitConnection = z.strictObject({
  kind: z.literal('git'),
  environment: Name,
  url: z
    .string()
    .max(500)
    .refine(isRepository, 'write https://host/path or ssh://git@host/path, without a password')
    .describe('The repository, over HTTPS or SSH; plain HTTP only on this machine.'),
  branch: Branch.default('main').describe('The branch that gets the commits.'),
  path: GitPath.optional().describe('What steps take back unless they say otherwise. Default: all of it.'),
  author: Author.default({ name: 'Unwind', email: 'unwind@noreply.invalid' }).describe('Who the commits are by.'),
  github: GitHubPlace.optional().describe(
    'Where the repository lies on GitHub, for pull requests of steps. Default: nowhere.',
  ),
  taskQueue: Name.optional().describe('Queue of the workers that hold the credentials. Default: the common queue.'),
})

/** No user and password in it, nothing that a command line could take for an option. */
function isRepository(text: string): boolean {
  if (!/^(?:https?|ssh):\/\/[A-Za-z0-9[][A-Za-z0-9:/@._~[\]-]*$/.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname, username, password, pathname } = new URL(text)
  if (password !== '' || pathname.length < 2 || (protocol !== 'ssh:' && username !== '')) return false
  return protocol !== 'http:' || /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(hostname)
}

function isGitPath(path: string): boolean {
  if (path === '.') return true
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return false
  return path.split('/').every((part) => part !== '' && !/^(?:\.|\.\.|\.git)$/i.test(part))
}
