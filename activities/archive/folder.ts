import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { UnwindError } from '../../model/errors.ts'
import { type Archive, checkKey, checkPrefix, checkSize, LIST_LIMIT } from './archive.ts'

/** An archive in a folder, which API and workers share. Readable by its owner alone; what is half written is never seen. */
export function folderArchive(folder: string): Archive {
  const root = resolve(folder)
  const locate = (key: string) => join(root, key)
  return {
    locate,
    async put(key, bytes) {
      checkKey(key)
      checkSize(key, bytes.byteLength)
      await mapped(root, () => write(root, locate(key), bytes))
      return { location: locate(key) }
    },
    async get(key) {
      checkKey(key)
      return mapped(root, () => read(root, key))
    },
    async list(prefix, limit, after = '') {
      checkPrefix(prefix)
      const keys: string[] = []
      await mapped(root, () => walk(root, prefix, after, Math.min(limit, LIST_LIMIT), keys))
      return keys
    },
  }
}

/** Beside its place first, on disk before it is renamed, and the folder after: a crash leaves the old content or the new. */
async function write(root: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await requireInside(root, dirname(path))
  const kept = await readFile(path).catch(() => undefined)
  if (kept && Buffer.compare(kept, bytes) === 0) return
  const part = join(dirname(path), `.${randomUUID()}`)
  try {
    const file = await open(part, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, path)
    await syncFolder(dirname(path))
  } finally {
    await rm(part, { force: true })
  }
}

async function read(root: string, key: string): Promise<Uint8Array | undefined> {
  const path = join(root, key)
  try {
    await requireInside(root, dirname(path))
    const entry = await stat(path)
    if (!entry.isFile()) return undefined
    checkSize(key, entry.size)
    return await readFile(path)
  } catch (error) {
    if (await isAbsent(root, error)) return undefined
    throw error
  }
}

/** Depth first, folders sorted as if a slash ended their names: that is the byte order of whole keys. */
async function walk(root: string, prefix: string, after: string, limit: number, keys: string[]): Promise<void> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true }).catch(async (error: unknown) => {
    if (await isAbsent(root, error)) return [] as Dirent[]
    throw error
  })
  const names = entries.flatMap((entry) => {
    if (entry.name.startsWith('.')) return []
    return entry.isDirectory() ? [`${entry.name}/`] : entry.isFile() ? [entry.name] : []
  })
  for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
    if (keys.length >= limit) return
    const key = `${prefix}${name}`
    if (!name.endsWith('/')) {
      if (key > after) keys.push(key)
    } else if (after.startsWith(key) || key > after) await walk(root, key, after, limit, keys)
  }
}

/** A link in the archive could lead anywhere; what is written and read stays below its root. */
async function requireInside(root: string, folder: string): Promise<void> {
  const [top, real] = await Promise.all([realpath(root), realpath(folder)])
  if (real === top || real.startsWith(`${top}${sep}`)) return
  throw new UnwindError('CONFIGURATION_INVALID', `${folder} leads out of the archive ${root}; remove that link`)
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function mapped<Result>(root: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnwindError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const message = `the archive ${root} can't be used (${code}); see that the folder is there, writable and not full`
    throw new UnwindError('ARCHIVE_UNAVAILABLE', message, undefined, { cause: error })
  }
}

/** Whether nothing is kept there; an archive that is no folder at all keeps nothing either, but somebody should know. */
async function isAbsent(root: string, error: unknown): Promise<boolean> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return true
  return code === 'ENOTDIR' && (await stat(root)).isDirectory()
}
