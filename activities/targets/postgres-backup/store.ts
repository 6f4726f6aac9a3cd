import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Database } from '../../postgres/connect.ts'
import type { Dumping } from './programs.ts'
import { Manifest } from './state.ts'

/** Where a backup lies, and the manifest that is written once it is whole. */
export interface Shelf {
  folder: string
  file: string
  manifest: string
}

/** The place of the backup of this step of this run. Throws CONFIGURATION_INVALID where the worker names no folder. */
export function shelfOf({ connection, rollbackId, stepId }: CallContext<Database>): Shelf {
  const folder = folderOf(connection)
  const name = [connection.name, rollbackId || 'dry-run', stepId].map(plain).join('.')
  const file = join(folder, `${name}.dump`)
  return { folder, file, manifest: `${file}.json` }
}

function folderOf({ name, worker }: Database): string {
  if (worker.backups) return worker.backups
  throw new UnwindError(
    'CONFIGURATION_INVALID',
    `the worker has no folder for backups of ${name}; name one as worker.credentials.${name}.backups`,
  )
}

/** A part of a file's name. */
function plain(part: string): string {
  return part.replace(/[^\w.-]/g, '_')
}

/** The manifest of a backup that is whole, or undefined. */
export async function readManifest({ manifest }: Pick<Shelf, 'manifest'>): Promise<Manifest | undefined> {
  const text = await readFile(manifest, 'utf8').catch(unlessMissing)
  const read = text === undefined ? undefined : Manifest.safeParse(parse(text))
  return read?.data
}

/** Backups of a connection that are whole, the newest first, at most 50. Throws CONFIGURATION_INVALID without a folder. */
export async function backupsOf(connection: Database): Promise<{ at: number; manifest: Manifest }[]> {
  const folder = folderOf(connection)
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(`${plain(connection.name)}.`) && name.endsWith('.dump.json'),
  )
  const found = await Promise.all(
    names.map(async (name) => {
      const manifest = await readManifest({ manifest: join(folder, name) })
      return manifest ? [{ at: (await stat(join(folder, name))).mtimeMs, manifest }] : []
    }),
  )
  return found
    .flat()
    .sort((a, b) => b.at - a.at)
    .slice(0, 50)
}

/** Free bytes where backups go. Throws CONFIGURATION_INVALID where there is no such folder. */
export async function room({ folder }: Shelf, name: string): Promise<number> {
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

/**
 * Takes a dump in, under a name of its own until it is whole and on disk; what killed attempts left is deleted before.
 * Throws TARGET_REJECTED for one that is larger than `atMost` bytes, and what pg_dump fails with.
 */
export async function take({ folder, file }: Shelf, dumping: Dumping, atMost: number) {
  await removePartials({ folder, file })
  const partial = join(folder, `${startOfPartial(file)}${randomUUID()}`)
  const handle = await open(partial, 'wx', 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  const counting = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length
      hash.update(chunk)
      done(bytes > atMost ? tooLarge(atMost) : null, chunk)
    },
  })
  try {
    await pipeline(dumping.bytes, counting, handle.createWriteStream({ flush: true }))
    await dumping.ended
    return { partial, bytes, sha256: hash.digest('hex') }
  } catch (error) {
    dumping.kill()
    await rm(partial, { force: true })
    throw await reason(error, dumping)
  }
}

/** The backup under its name, and last of all its manifest: one without the other is not whole. */
export async function shelve({ folder, file, manifest }: Shelf, partial: string, content: Manifest): Promise<void> {
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

/** Takes a backup away, whole or not: its manifest first, so that what is left of it never counts as whole. */
export async function unshelve({ folder, file, manifest }: Shelf): Promise<void> {
  await rm(manifest, { force: true })
  await rm(file, { force: true })
  await removePartials({ folder, file })
}

async function removePartials({ folder, file }: Pick<Shelf, 'folder' | 'file'>): Promise<void> {
  const start = startOfPartial(file)
  const left = (await readdir(folder)).filter((name) => name.startsWith(start))
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
}

function startOfPartial(file: string): string {
  return `${basename(file)}.partial-`
}

/** Size and sha256 of the file as it lies there now, or undefined. */
export async function measure({ file }: Shelf): Promise<{ bytes: number; sha256: string } | undefined> {
  const found = await stat(file).catch(unlessMissing)
  if (!found) return undefined
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk)
  return { bytes: found.size, sha256: hash.digest('hex') }
}

function tooLarge(atMost: number): UnwindError {
  return new UnwindError(
    'TARGET_REJECTED',
    `the backup is larger than ${atMost} bytes and was given up; raise atMost of the step`,
  )
}

/** What pg_dump says is nearer to the cause than a pipe that broke. */
async function reason(error: unknown, { ended }: Dumping): Promise<unknown> {
  if (error instanceof UnwindError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new UnwindError('TARGET_REJECTED', 'the folder of backups is full; make room, then retry')
  return ended.then(
    () => error,
    (told: unknown) => (told instanceof UnwindError ? told : error),
  )
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
