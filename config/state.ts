import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Env, xdg } from './paths.ts'

/**
 * The folder where `unwind server` keeps its Temporal file and its keys: UNWIND_STATE, else `unwind` in the XDG state
 * directory (~/.local/state). Made when absent, readable by its owner alone.
 */
export async function stateDirectory(env: Env = process.env): Promise<string> {
  const path = env['UNWIND_STATE'] || join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'unwind')
  await mkdir(path, { recursive: true, mode: 0o700 })
  return path
}
