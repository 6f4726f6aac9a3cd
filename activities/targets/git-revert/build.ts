import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Move } from '../../../model/target.ts'
import type { Clone } from '../../git/clone.ts'
import { listed } from './changes.ts'
import { short } from './commits.ts'
import { ABSENT, type Entry, type GitState, moveName } from './state.ts'

/** The trailers by which a retry, and people, find what a rollback has committed. */
export const ROLLBACK_TRAILER = 'Unwind-Rollback-Id'
export const MOVE_TRAILER = 'Unwind-Move'

/** One new commit on the head of the branch, in which paths hold what `to` says and everything else is as it was. Not pushed. */
export async function built(clone: Clone, move: Move<GitState>, context: CallContext): Promise<string> {
  const tree = await treeWith(clone, move.to.entries)
  const signed = clone.repository.signingKey === undefined ? [] : ['-S']
  const commit = ['commit-tree', tree, '-p', clone.head, ...signed, '-F', '-']
  return (await clone.git(commit, { input: message(move, context) })).trim()
}

async function treeWith(clone: Clone, entries: Record<string, Entry>): Promise<string> {
  const whole = entries['.']
  if (whole !== undefined) return whole.split(' ')[1] ?? ''
  const index = join(clone.repository.folder, `index-${randomUUID()}`)
  const variables = { GIT_INDEX_FILE: index }
  try {
    await clone.git(['read-tree', clone.head], { variables })
    const paths = Object.keys(entries)
    const held = await clone.git(['ls-files', '-z', '--', ...paths], { variables })
    const gone = held.split('\0').filter((path) => path !== '')
    const made = await Promise.all(paths.map((path) => listed(clone, path, entries[path] ?? ABSENT)))
    const lines = [
      ...gone.map((path) => `0 ${'0'.repeat(40)}\t${path}\0`),
      ...made.flatMap((files) => [...files].map(([path, entry]) => `${entry}\t${path}\0`)),
    ]
    await clone.git(['update-index', '-z', '--index-info'], { variables, input: lines.join('') })
    const tree = (await clone.git(['write-tree', '--missing-ok'], { variables })).trim()
    await nothingElse(clone, tree, paths)
    return tree
  } finally {
    await Promise.all([rm(index, { force: true }), rm(`${index}.lock`, { force: true })])
  }
}

/** A file where the path needs a folder would have to go: then nothing is committed. */
async function nothingElse(clone: Clone, tree: string, paths: readonly string[]): Promise<void> {
  const changed = await clone.git(['diff-tree', '-r', '-z', '--name-only', '--no-renames', clone.head, tree])
  const other = changed
    .split('\0')
    .find((file) => file !== '' && !paths.some((path) => file === path || file.startsWith(`${path}/`)))
  if (other === undefined) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `${other} stands in the way of ${paths[0] ?? ''}; move it in a commit of your own, then retry`,
  )
}

/** What a move does, as one line of at most 200 characters. */
export function titleOf({ to: { entries, commit, reverts } }: Move<GitState>): string {
  const paths = Object.keys(entries)
  const what = paths.length === 1 ? (paths[0] === '.' ? 'everything' : paths[0]) : `${paths.length} files`
  const title = reverts
    ? `Revert ${reverts.map(short).slice(0, 3).join(', ')}`
    : `Roll back ${what} to ${short(commit ?? '')}`
  return title.slice(0, 200)
}

function message(move: Move<GitState>, { rollbackId, stepId, reason, actor, incident }: CallContext): string {
  const { reverts } = move.to
  return [
    titleOf(move),
    '',
    oneLine(`${reason} (${actor})`),
    '',
    `${ROLLBACK_TRAILER}: ${rollbackId}`,
    `Unwind-Step: ${stepId}`,
    `${MOVE_TRAILER}: ${moveName(move)}`,
    ...(incident === undefined ? [] : [`Unwind-Incident: ${oneLine(incident)}`]),
    ...(reverts ?? []).map((id) => `Reverts: ${id}`),
    '',
  ].join('\n')
}

/** What people wrote can't forge a trailer. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim()
}
