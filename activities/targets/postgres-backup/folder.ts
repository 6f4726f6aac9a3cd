import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { UnwindError } from '../../../model/errors.ts'
import type { Database } from '../../postgres/connect.ts'
import { contents, type Dumping } from './programs.ts'
import { type Place, plain, type Shelf, type Store, type Taken } from './shelf.ts'
import { type Manifest, parsedManifest } from './state.ts'
import { causeOf, Counting, nowhere } from './taking.ts'

/** A folder of the worker, in which each backup is a file with its manifest beside it. */
export function folderOf(database: Database, folder: string): Store {
  return {
    room: () => room(folder, database.name),
    shelf: (place) => shelf(database, folder, place),
    backups: () => backupsIn(folder, plain(database.name)),
  }
}

interface Files {
  folder: string
  file: string
  manifest: string
}

function shelf(database: Database, folder: string, { connection, run, step }: Place): Shelf {
  const file = join(folder, `${connection}.${run}.${step}.dump`)
  const files = { folder, file, manifest: `${file}.json` }
  return {
    name: file,
    manifest: () => readManifest(files.manifest),
    take: (dumping, atMost, signal) => take(database, files, dumping, { atMost, signal }),
    measure,
    listing: (path, signal) => contents(database, path, signal),
    any: async () => (await stat(file).catch(unlessMissing)) !== undefined,
    remove: async () => {
      await rm(files.manifest, { force: true })
      await rm(file, { force: true })
      await removePartials(files)
    },
  }
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readFile(path, 'utf8').catch(unlessMissing)
  return text === undefined ? undefined : parsedManifest(text)
}

async function backupsIn(folder: string, connection: string): Promise<{ at: number; manifest: Manifest }[]> {
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(`${connection}.`) && name.endsWith('.dump.json'),
  )
  const found = await Promise.all(
    names.map(async (name) => {
      const manifest = await readManifest(join(folder, name))
      return manifest ? [{ at: (await stat(join(folder, name))).mtimeMs, manifest }] : []
    }),
  )
  return found
    .flat()
    .sort((a, b) => b.at - a.at)
    .slice(0, 50)
}

async function room(folder: string, name: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (cause) {
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${name}: the folder of backups ${folder} can't be used; make it, for the worker alone`,
      undefined,
      { cause },
    )
  }
}

/** Under a name of its own until it is whole and on disk. */
async function take(
  database: Database,
  files: Files,
  dumping: Dumping,
  { atMost, signal }: { atMost: number; signal: AbortSignal },
): Promise<Taken> {
  const { folder, file } = files
  await removePartials(files)
  const partial = join(folder, `${startOfPartial(file)}${randomUUID()}`)
  const handle = await open(partial, 'wx', 0o600)
  const counting = new Counting(atMost)
  try {
    await pipeline(dumping.bytes, counting, handle.createWriteStream({ flush: true }))
    await dumping.ended
    const listing = await contents(database, partial, signal)
    return { ...counting.measured(), listing, file, keep: (manifest) => keep(files, partial, manifest) }
  } catch (error) {
    dumping.kill()
    await rm(partial, { force: true })
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new UnwindError('TARGET_REJECTED', 'the folder of backups is full; make room, then retry')
    throw await causeOf(error, dumping)
  }
}

async function keep({ folder, file, manifest }: Files, partial: string, content: Manifest): Promise<void> {
  await rename(partial, file)
  const beside = `${manifest}.${randomUUID()}`
  const handle = await open(beside, 'wx', 0o600)
  await handle.writeFile(JSON.stringify(content))
  await handle.sync()
  await handle.close()
  // Somebody else's manifest, of an attempt that was believed dead, is not replaced.
  await link(beside, manifest).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(beside, { force: true })
  const parent = await open(folder, 'r')
  await parent.sync()
  await parent.close()
}

async function removePartials({ folder, file }: Pick<Files, 'folder' | 'file'>): Promise<void> {
  const start = startOfPartial(file)
  const left = (await readdir(folder)).filter((name) => name.startsWith(start))
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
}

function startOfPartial(file: string): string {
  return `${basename(file)}.partial-`
}

async function measure(file: string): Promise<{ bytes: number; sha256: string } | undefined> {
  if (!(await stat(file).catch(unlessMissing))) return undefined
  const counting = new Counting()
  await pipeline(createReadStream(file), counting, nowhere())
  return counting.measured()
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
