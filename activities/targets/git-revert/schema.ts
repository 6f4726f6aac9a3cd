import { z } from 'zod'
import { GitPath } from '../../../model/connections/git.ts'
import { defineKind, Name, stepFields } from '../../../model/step.ts'

const NAME = String.raw`[A-Za-z0-9][A-Za-z0-9._/~^-]{0,199}`

export const GitRevertStep = z
  .strictObject({
    kind: z.literal('git-revert'),
    ...stepFields,
    repository: Name.optional().describe('The connection. Default: the repository of the environment.'),
    path: GitPath.optional().describe(
      'Folder or file that goes back, from the root of the repository; nothing else is touched. Default: the path of the connection, else everything.',
    ),
    way: z
      .enum(['restore', 'revert'])
      .default('restore')
      .describe(
        'restore: the path holds again what it held at `to`. revert: only what the commits after `to`, or those named, changed is taken back, and later work stays.',
      ),
    to: z
      .string()
      .max(128)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/+-]*$/, 'write previous, last-good, a commit, a tag or a release')
      .default('last-good')
      .describe(
        'previous (before the last commit of the branch that changed the path), last-good (the commit of the last good release), a commit (7 to 40 hex digits), a tag, or a release of the ledger.',
      ),
    commits: z
      .string()
      .regex(new RegExp(`^${NAME}(?:\\.\\.${NAME})?$`), 'write a commit, or a range such as 1a2b3c4..5d6e7f8')
      .optional()
      .describe(
        'With revert: the commit or range (older..newer) that is taken back, in place of what came after `to`.',
      ),
    mainline: z
      .int()
      .min(1)
      .max(20)
      .default(1)
      .describe('With revert: which parent of a merge is kept, as -m of git revert says it.'),
    pullRequest: z
      .enum(['never', 'protected', 'always'])
      .default('protected')
      .describe(
        'Whether the commit goes to a branch of its own, and from there by a pull request: protected (where GitHub protects the branch), always, never. Needs github of the connection.',
      ),
    merge: z
      .enum(['people', 'auto'])
      .default('people')
      .describe('Who merges the pull request. auto: Unwind does, once GitHub lets it and every check is green.'),
  })
  .refine(({ way, commits }) => commits === undefined || way === 'revert', {
    message: 'commits go with way: revert only',
    path: ['commits'],
  })
  .meta({
    id: 'GitRevertStep',
    title: 'Files of a Git repository',
    description:
      'Takes a path of a branch back by one new commit, pushed without force. Needs git 2.38 or newer beside the worker.',
  })
export type GitRevertStep = z.infer<typeof GitRevertStep>

export const gitRevertKind = defineKind({
  schema: GitRevertStep,
  connection: 'repository',
  inherits: ['repository', 'path'],
  title: ({ repository, path, way, to, commits }) =>
    commits !== undefined
      ? `revert ${commits}${repository ? ` in ${repository}` : ''}`
      : `${path ?? repository ?? 'repository'} → ${way === 'revert' ? `without what came after ${to}` : to}`,
})
