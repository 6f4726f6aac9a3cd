/** One file of a folder or repository. `source` says where it was read, as a run records it. */
export interface RunbookFile {
  name: string
  text: string
  source: string
}

/** What a place held when it was read. `reviewed`: all of it stands at the ref that the configuration trusts. */
export interface RunbookFiles {
  files: RunbookFile[]
  reviewed: boolean
}

/** So many runbooks may a place hold, and so large may they be together, in bytes. */
export const FILES_LIMIT = 200
export const BYTES_LIMIT = 8 * 1_048_576

/** Whether a name is that of a runbook: hidden files and those of editors are not. */
export function isRunbookFile(name: string): boolean {
  return /^[^.].*\.ya?ml$/.test(name)
}
