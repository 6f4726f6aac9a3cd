import { UnwindError } from '../../../model/errors.ts'
import type { Clone } from '../../git/clone.ts'
import { commitsOf, short, toldCommit } from './commits.ts'

/** As many files are looked into; of the others only the names are told. */
const LOOKED_INTO = 10

/**
 * Why a commit can't be reverted: the lines of each file that later commits have changed too, as they stand on the branch now, and
 * those commits. What the lines hold is not told, because files may hold secrets; the diff that is named shows it to whoever may read it.
 */
export async function conflict(
  clone: Clone,
  commit: string,
  tree: string,
  files: readonly string[],
): Promise<UnwindError> {
  const looked = await Promise.all(files.slice(0, LOOKED_INTO).map((file) => linesOf(clone, tree, file)))
  const since = await commitsOf(clone, ['-6', '--no-merges', `${commit}..${clone.head}`], files.slice(0, LOOKED_INTO))
  const by = since.map(toldCommit)
  const message = `later commits have changed the same lines as ${short(commit)}, in ${looked.join(', ')} (${by.slice(0, 3).join('; ')}): see git diff ${short(commit)} ${short(clone.head)}. Revert those too (a range), or take the path back whole (way: restore)`
  return new UnwindError('TARGET_REJECTED', message.slice(0, 1_400), {
    ...{ commit, conflicts: files.slice(0, 50), lines: looked, since: by },
  })
}

/** `values.yaml:3-5,9`: where a file with the marks of a merge has them, counted without them and without the other side. */
async function linesOf(clone: Clone, tree: string, file: string): Promise<string> {
  const text = await clone.maybe(['cat-file', 'blob', `${tree}:${file}`])
  const ranges: string[] = []
  let [line, side, from] = [0, 'both', 0]
  for (const one of text?.split('\n') ?? []) {
    if (one.startsWith('<<<<<<< ')) [side, from] = ['ours', line + 1]
    else if (one === '=======' && side === 'ours') side = 'theirs'
    else if (one.startsWith('>>>>>>> ') && side === 'theirs') {
      side = 'both'
      ranges.push(line > from ? `${from}-${line}` : String(from))
    } else if (side !== 'theirs') line++
  }
  return ranges.length > 0 ? `${file}:${ranges.slice(0, 10).join(',')}` : file
}
