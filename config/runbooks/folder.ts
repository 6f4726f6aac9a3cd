import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UnwindError } from '../../model/errors.ts'
import { BYTES_LIMIT, FILES_LIMIT, isRunbookFile, type RunbookFiles } from './files.ts'

/** Every *.yaml of a folder, as it is now. Links are followed, as mounted configuration needs. Throws CONFIGURATION_INVALID. */
export async function readFolder(folder: string): Promise<RunbookFiles> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw refused(folder, `cannot be read (${error.code ?? 'unknown'})`)
  })
  const names = entries.filter(isRunbookFile).toSorted()
  if (names.length > FILES_LIMIT)
    throw refused(folder, `holds ${names.length} runbooks, at most ${FILES_LIMIT} are read`)
  const found = await Promise.all(names.map((name) => sizeOf(join(folder, name))))
  const bytes = found.reduce((sum: number, size) => sum + (size ?? 0), 0)
  if (bytes > BYTES_LIMIT) throw refused(folder, `holds ${bytes} bytes of runbooks, at most ${BYTES_LIMIT} are read`)
  const files = names.filter((_, index) => found[index] !== undefined)
  return { files: await Promise.all(files.map((name) => fileOf(folder, name))), reviewed: false }
}

/** Bytes of a file; undefined for anything else, and for what has gone meanwhile. */
function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    (entry) => (entry.isFile() ? entry.size : undefined),
    () => undefined,
  )
}

async function fileOf(folder: string, name: string): Promise<RunbookFiles['files'][number]> {
  const source = join(folder, name)
  const text = await readFile(source, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refused(source, `cannot be read (${error.code ?? 'unknown'})`)
  })
  return { name, text, source }
}

function refused(path: string, why: string): UnwindError {
  return new UnwindError('CONFIGURATION_INVALID', `${path} ${why}; see runbooks.folder in unwind.yaml`)
}
