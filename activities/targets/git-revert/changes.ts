import type { Change } from '../../../model/target.ts'
import type { Clone } from '../../git/clone.ts'
import { ABSENT, type Entry, type GitState } from './state.ts'

/** The most lines that a plan carries; what is beyond is counted in the last one. */
const LINES = 60

/** One file that a move changes, by its modes. */
export interface File {
  path: string
  from: Entry
  to: Entry
}

/** What people approve: which files come, go and change, by the abbreviated objects of git; never what they hold. */
export async function changesOf(clone: Clone, from: GitState, to: GitState): Promise<Change[]> {
  const lines = (await filesOf(clone, from, to)).map(({ path, from: old, to: now }): Change => {
    const [before, after] = [shown(old), shown(now)]
    return { path, ...(before && { from: before }), ...(after && { to: after }) }
  })
  const rest = lines.length - LINES
  return rest > 0 ? [...lines.slice(0, LINES), { path: `and ${rest} more files`, to: 'changed' }] : lines
}

/** Every file below the paths of a move that it changes. */
export async function filesOf(clone: Clone, from: GitState, to: GitState): Promise<File[]> {
  const found = await Promise.all(
    Object.keys(to.entries).map((path) =>
      filesBelow(clone, path, from.entries[path] ?? ABSENT, to.entries[path] ?? ABSENT),
    ),
  )
  return found.flat()
}

async function filesBelow(clone: Clone, path: string, from: Entry, to: Entry): Promise<File[]> {
  if (from === to) return []
  const [old, now] = [await listed(clone, path, from), await listed(clone, path, to)]
  const paths = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return paths.flatMap((file) => {
    const [before, after] = [old.get(file) ?? ABSENT, now.get(file) ?? ABSENT]
    return before === after ? [] : [{ path: file, from: before, to: after }]
  })
}

/** Every file of an entry, by its path in the repository. */
export async function listed(clone: Clone, path: string, entry: Entry): Promise<Map<string, Entry>> {
  if (entry === ABSENT) return new Map()
  if (!entry.startsWith('040000 ')) return new Map([[path, entry]])
  const told = await clone.git(['ls-tree', '-r', '-z', '--full-tree', entry.slice('040000 '.length)])
  const before = path === '.' ? '' : `${path}/`
  return new Map(
    [...told.matchAll(/(\d{6}) \w+ ([0-9a-f]+)\t([^\0]+)\0/g)].map(([, mode, object, name]) => [
      `${before}${name}`,
      `${mode} ${object}`,
    ]),
  )
}

const MODES: Readonly<Record<string, string>> = {
  '100644': 'file',
  '100755': 'program',
  '120000': 'link',
  '160000': 'submodule',
}

function shown(entry: Entry): string | undefined {
  const [mode = '', object = ''] = entry.split(' ')
  return entry === ABSENT ? undefined : `${MODES[mode] ?? mode} ${object.slice(0, 12)}`
}
