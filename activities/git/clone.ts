import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { turns } from '../../model/turns.ts'
import { type Given, needGit, run } from './command.ts'
import type { Repository } from './connect.ts'
import { broken, fault } from './faults.ts'

/** The branch as it is on the server now, with everything that leads to it on this machine. */
export interface Clone {
  repository: Repository
  /** The commit that the branch leads to. */
  head: string
  signal: AbortSignal
  /** What git answers. Throws INTERNAL where it fails. */
  git(args: readonly string[], more?: Partial<Given>): Promise<string>
  /** Likewise; undefined where git says no (exit code 1 or 128). */
  maybe(args: readonly string[], more?: Partial<Given>): Promise<string | undefined>
}

const inTurn = turns()
/** A first fetch of a large repository takes its time; the activity around it has a limit of its own. */
const FETCH = 240_000
/** A fetched head is kept so long for fetches after it to build upon, in milliseconds. */
const KEPT = 3_600_000

/**
 * Fetches the branch and answers it. Several processes may do so at once, and each may be killed: every fetch writes a ref of its
 * own, and git puts objects in place whole, so that no lock is left that a later one would stumble over.
 */
export async function fetched(repository: Repository, signal: AbortSignal): Promise<Clone> {
  await inTurn(repository.folder, () => prepared(repository, signal))
  const ref = await fetchRef(repository, `refs/heads/${repository.branch}`, signal)
  const clone = cloneOf(repository, signal)
  const head = (await clone.git(['rev-parse', '--verify', `${ref}^{commit}`])).trim()
  await tidied(repository.folder)
  return { ...clone, head }
}

/** Fetches whatever else the server has under that name, a tag or a commit; undefined where it has no such thing. */
export async function fetchMore({ repository, signal, maybe }: Clone, name: string): Promise<string | undefined> {
  try {
    const ref = await fetchRef(repository, name, signal)
    return (await maybe(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]))?.trim()
  } catch {
    // Servers answer differently to what they don't have, or don't give out by its hash.
    return undefined
  }
}

async function fetchRef(repository: Repository, name: string, signal: AbortSignal): Promise<string> {
  const ref = `refs/unwind/${Date.now()}-${randomUUID()}`
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance']
  const access = await repository.access()
  const ended = await run(repository, ['fetch', ...options, '--', repository.url, `+${name}:${ref}`], {
    ...{ signal, access, within: FETCH },
  })
  if (ended.code !== 0) throw fault(repository, ended, 'read')
  return ref
}

function cloneOf(repository: Repository, signal: AbortSignal): Omit<Clone, 'head'> {
  return {
    ...{ repository, signal },
    git: async (args, more) => {
      const ended = await run(repository, args, { signal, ...more })
      if (ended.code !== 0) throw broken(repository, ended, args[0] ?? '')
      return ended.out
    },
    maybe: async (args, more) => {
      const ended = await run(repository, args, { signal, ...more })
      if (ended.code === 0) return ended.out
      if (ended.code === 1 || ended.code === 128) return undefined
      throw broken(repository, ended, args[0] ?? '')
    },
  }
}

/** Made beside its place and moved there whole: a clone that is there can be used. */
async function prepared(repository: Repository, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(repository.folder), { recursive: true, mode: 0o700 })
  await needGit(repository)
  const there = await stat(join(repository.folder, 'HEAD')).catch(() => undefined)
  if (there) return
  const made = { ...repository, folder: `${repository.folder}.${randomUUID()}` }
  const ended = await run(made, ['init', '--quiet', '--bare', '--template=', made.folder], { signal })
  if (ended.code !== 0) throw broken(made, ended, 'init')
  // Another process may have been first: its clone is as good.
  await rename(made.folder, repository.folder).catch(() => rm(made.folder, { recursive: true, force: true }))
}

/**
 * Forgets refs of earlier fetches but the newest, and what killed processes have left; refs of this clone are never packed, so
 * that a file is all there is of one.
 */
async function tidied(folder: string): Promise<void> {
  const refs = join(folder, 'refs', 'unwind')
  const names = (await readdir(refs).catch(() => [])).toSorted((a, b) => Number.parseInt(b) - Number.parseInt(a))
  const old = names.slice(1).filter((name) => Number.parseInt(name) < Date.now() - KEPT)
  const indexes = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('index-'))
  const left = await Promise.all(indexes.map((name) => isOld(join(folder, name))))
  const files = [...old.map((name) => join(refs, name)), ...left.filter((file) => file !== undefined)]
  await Promise.all(files.map((file) => rm(file, { force: true })))
}

async function isOld(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined)
  return found && found.mtimeMs < Date.now() - KEPT ? file : undefined
}
