import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
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
