import { createHash } from 'node:crypto'
import { canonical } from '../../../model/canonical.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Move, State } from '../../../model/target.ts'
import type { Clone } from '../../git/clone.ts'
import type { Repository } from '../../git/connect.ts'
import type { GitRevertStep } from './schema.ts'

/** What a path leads to: mode and object as `ls-tree` says them, or that there is nothing. */
export type Entry = string
export const ABSENT: Entry = 'absent'

/** What paths of a branch hold. The head of the branch is no part of it: others may commit elsewhere. */
export interface GitState extends State {
  entries: Record<string, Entry>
  /** A commit that holds these entries. Absent where a revert has still to make them. */
  commit?: string
  /** The commits whose changes are taken back, newest first, to come from the other state of the move to this one. */
  reverts?: string[]
  mainline?: number
  /** What a revert is bound to. */
  within?: string
}

/** What a step takes back. */
export function pathOf({ path }: GitRevertStep, repository: Repository): string {
  return path ?? repository.path
}

/** The identity that is locked. */
export function objectOf({ url, branch }: Repository, path: string): string {
  const { host, pathname } = new URL(url)
  return `git/${host}${pathname.replace(/(?:\.git)?\/?$/, '')}/${branch}/${path}`
}

/** What these paths hold at a commit. */
export async function entriesAt(
  clone: Clone,
  commit: string,
  paths: readonly string[],
): Promise<Record<string, Entry>> {
  if (paths.includes('.')) return { '.': `040000 ${(await clone.git(['rev-parse', `${commit}^{tree}`])).trim()}` }
  if (paths.length === 0) return {}
  const listed = await clone.git(['ls-tree', '-z', '--full-tree', commit, '--', ...paths])
  const found = new Map(listed.split('\0').flatMap((text) => entryOf(text)))
  return Object.fromEntries(paths.map((path) => [path, found.get(path) ?? ABSENT]))
}

/** A line of `ls-tree`: mode, type, object, tab, path. */
function entryOf(text: string): [path: string, entry: Entry][] {
  const [, mode, object, path] = /^(\d{6}) \w+ ([0-9a-f]{40,64})\t(.+)$/s.exec(text) ?? []
  return mode && object && path !== undefined ? [[path, `${mode} ${object}`]] : []
}

/** Whether paths hold what a state says. */
export async function isAt(clone: Clone, { entries }: GitState): Promise<boolean> {
  return sameEntries(await entriesAt(clone, clone.head, Object.keys(entries)), entries)
}

export function sameEntries(one: Record<string, Entry>, other: Record<string, Entry>): boolean {
  const paths = Object.keys(one)
  return paths.length === Object.keys(other).length && paths.every((path) => one[path] === other[path])
}

/**
 * The last commit that changed these paths, which later commits elsewhere don't move; the head where no single one holds
 * what they hold now.
 */
export async function lastChange(clone: Clone, entries: Record<string, Entry>): Promise<string> {
  const paths = Object.keys(entries)
  if (paths.length === 0) return clone.head
  const found = (await clone.git(['rev-list', '-1', clone.head, '--', ...paths])).trim()
  if (found === '') return clone.head
  return sameEntries(await entriesAt(clone, found, paths), entries) ? found : clone.head
}

/** The name of a move in the trailers of its commit: what a retry finds its own commit by. */
export function moveName({ from, to }: Move<GitState>): string {
  return createHash('sha256')
    .update(canonical([from.entries, to.entries]))
    .digest('hex')
    .slice(0, 16)
}

/** A state that was recorded by an earlier run. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): GitState {
  const { entries, commit, reverts, mainline, within } = state as Partial<GitState>
  if (typeof entries !== 'object' || entries === null)
    throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of a Git repository')
  return {
    entries,
    ...(commit !== undefined && { commit }),
    ...(reverts && { reverts }),
    ...(mainline !== undefined && { mainline }),
    ...(within !== undefined && { within }),
  }
}
