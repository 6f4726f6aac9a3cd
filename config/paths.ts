import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/** The environment variables of a process; passed in, so that a test need not change its own. */
export type Env = Readonly<Record<string, string | undefined>>

/** A path as a configuration file writes it: `~/` is the home directory, a relative one starts at the file's folder. */
export function pathFrom(folder: string, path: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1))
  return isAbsolute(path) ? path : resolve(folder, path)
}

/** A base directory of the XDG specification 0.8: the variable where it holds an absolute path, else the default. */
export function xdg(
  env: Env,
  variable: 'XDG_CONFIG_HOME' | 'XDG_STATE_HOME' | 'XDG_CACHE_HOME',
  fallback: string,
): string {
  const set = env[variable]
  return set && isAbsolute(set) ? set : join(homedir(), fallback)
}
