import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UnwindError } from '../../model/errors.ts'
import type { RunbookSettings } from '../../model/runbook/settings.ts'
import { turns } from '../../model/turns.ts'
import { BYTES_LIMIT, FILES_LIMIT, isRunbookFile, type RunbookFiles } from './files.ts'
import { GitError, git, withoutPassword } from './git.ts'

/** A repository as unwind.yaml names it. */
export type Repository = Extract<RunbookSettings, { repository: string }>

/**
 * Every *.yaml of a folder of a repository, at the commit that the ref leads to now. The repository is kept bare below
 * `state`; when it can't be reached, the commit that was fetched last is read, because a rollback may be needed just
 * then: the source says so. Throws CONFIGURATION_INVALID where nothing was ever fetched.
 */
export async function readRepository(repository: Repository, state: string): Promise<RunbookFiles> {
  const folder = join(state, 'runbooks', shortHash(repository.repository))
  try {
    const { commit, late } = await inTurn(folder, () => fetched(repository, folder))
    const source = `${withoutPassword(repository.repository)} ${repository.ref}@${commit}${late ? ' (fetched earlier)' : ''}`
    return { files: await filesAt(folder, commit, repository.path, source), reviewed: true }
  } catch (error) {
    if (error instanceof GitError) throw refused(repository, error.message)
    throw error
  }
}

/** Fetches of one repository one after the other: git keeps locks of its own, and fails where it meets them. */
const inTurn = turns()

async function fetched({ repository, ref }: Repository, folder: string): Promise<{ commit: string; late: boolean }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await git(folder, ['init', '--quiet', '--bare', folder])
  const kept = `refs/unwind/${shortHash(ref)}`
  const fetch = [
    'fetch',
    '--quiet',
    '--depth=1',
    '--no-tags',
    '--no-write-fetch-head',
    '--',
    repository,
    `+${ref}:${kept}`,
  ]
  const failed = await git(folder, fetch).then(
    () => undefined,
    (error: unknown) => error,
  )
  // A tag may be an object of its own: the commit behind it is what is read.
  const found = await git(folder, ['rev-parse', '--verify', '--quiet', `${kept}^{commit}`]).catch(() => undefined)
  if (!found) throw failed ?? new GitError(`${ref} leads to no commit`)
  return { commit: found.toString('utf8').trim(), late: failed !== undefined }
}

interface Entry {
  name: string
  object: string
  size: number
}

async function filesAt(folder: string, commit: string, path: string, source: string): Promise<RunbookFiles['files']> {
  const tree = path === '.' ? commit : `${commit}:${path.replace(/\/$/, '')}`
  const listed = await git(folder, ['ls-tree', '-z', '--long', tree])
  const entries = listed.toString('utf8').split('\0').flatMap(entryOf)
  const bytes = entries.reduce((sum, { size }) => sum + size, 0)
  if (entries.length > FILES_LIMIT)
    throw new GitError(`${path} holds ${entries.length} runbooks, at most ${FILES_LIMIT} are read`)
  if (bytes > BYTES_LIMIT)
    throw new GitError(`${path} holds ${bytes} bytes of runbooks, at most ${BYTES_LIMIT} are read`)
  if (entries.length === 0) return []
  const texts = split(await git(folder, ['cat-file', '--batch'], entries.map(({ object }) => `${object}\n`).join('')))
  return entries.map(({ name }, index) => ({
    ...{ name, text: texts[index] ?? '' },
    source: `${source}:${path === '.' ? '' : `${path.replace(/\/$/, '')}/`}${name}`,
  }))
}

/** A line of `ls-tree --long`: mode, type, object, size, tab, name. Plain files only, so no link leads elsewhere. */
function entryOf(line: string): Entry[] {
  const [, object, size, name] = /^100\d{3} blob ([0-9a-f]{40,64}) +(\d+)\t(.+)$/s.exec(line) ?? []
  if (object === undefined || name === undefined || !isRunbookFile(name)) return []
  return [{ name, object, size: Number(size) }]
}

/** The answer of `cat-file --batch`: a line with the size, that many bytes, a line feed. */
function split(answer: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < answer.length; ) {
    const end = answer.indexOf(10, at)
    const size = Number(answer.toString('utf8', at, end).split(' ')[2])
    if (end < 0 || !Number.isInteger(size)) throw new GitError('git gave an answer that can’t be read')
    texts.push(answer.toString('utf8', end + 1, end + 1 + size))
    at = end + 1 + size + 1
  }
  return texts
}

function refused({ repository, ref, path }: Repository, why: string): UnwindError {
  const what = `${withoutPassword(repository)}, ${ref}, ${path}`
  return new UnwindError(
    'CONFIGURATION_INVALID',
    `runbooks can't be read from ${what}: ${why}; see runbooks in unwind.yaml`,
  )
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}
