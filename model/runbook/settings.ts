import { z } from 'zod'

const Reviewed = z
  .array(z.string().regex(/^[0-9a-f]{64}$/, 'write the sha256 that `unwind runbook show` prints'))
  .max(1_000)
  .default([])
  .describe('Revisions that may run in protected environments although they were not read from Git.')

/** Nothing that git could take for an option or for a transport that runs a command. */
const GitWord = z
  .string()
  .min(1)
  .max(500)
  .regex(/^(?!-)[^\s\u0000-\u001f\u007f]+$/, 'must not begin with a dash nor hold blanks')

/** Where runbooks are read from, at each use. */
export const RunbookSettings = z.union([
  z.strictObject({ folder: z.string().min(1).max(1_000).describe('Path; each *.yaml in it.'), reviewed: Reviewed }),
  z.strictObject({
    repository: GitWord.refine(isRepository, 'write https://…, ssh://…, git@host:path, file:///… or an absolute path'),
    ref: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/, 'use the name of a branch or tag')
      .describe('Branch or tag; what stands there counts as reviewed.'),
    path: GitWord.refine(
      (path) => !path.split('/').includes('..') && !path.startsWith('/'),
      'must lie in the repository',
    )
      .default('.')
      .describe('Folder in the repository.'),
    reviewed: Reviewed,
  }),
])
export type RunbookSettings = z.infer<typeof RunbookSettings>

function isRepository(text: string): boolean {
  return /^(https|ssh|file):\/\/[^-]/.test(text) || /^[\w.]+@[\w.-]+:[^:]/.test(text) || /^\/[^:]*$/.test(text)
}
