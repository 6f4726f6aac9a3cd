import { constants } from 'node:fs'
import { access, readdir, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Tool } from '../catalogue.ts'

/** Where the binary of this tool and version is kept: `$XDG_CACHE_HOME/unwind/<tool>/<version>/<tool>`. */
export function cachedBinary(name: string, tool: Tool): string {
  const root = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(root, 'unwind', name, tool.version, name)
}

/** Whether the path is a file that this user may run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** Where a binary is made before it is whole; renaming it to `path` is the last thing that happens. */
export function unfinished(path: string): string {
  return `${path}.${process.pid}`
}

/** Deletes what builds and downloads that were killed have left beside `path`. Only for the holder of its lock. */
export async function removeUnfinished(path: string): Promise<void> {
  const leftovers = (await readdir(dirname(path))).filter((name) => /^\.\d+$/.test(name.replace(basename(path), '')))
  await Promise.all(leftovers.map((name) => rm(join(dirname(path), name), { force: true })))
}
