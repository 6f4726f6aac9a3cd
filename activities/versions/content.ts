import type { Change } from '../../model/target.ts'

/** What a piece of configuration holds: its values by their keys. It never leaves the worker. */
export type Content = Readonly<Record<string, string>>

/** The most lines that a plan carries; what is beyond is counted in the last one. */
const LINES = 60

/**
 * What people approve: which keys come, go and get another value. Of no value anything is shown, not even a hash: a short
 * password can be guessed from one.
 */
export function changesOf(from: Content, to: Content): Change[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted()
  const lines = keys.flatMap((path): Change[] => {
    const [old, now] = [valueOf(from, path), valueOf(to, path)]
    if (old === now) return []
    if (old === undefined) return [{ path, to: '(hidden)' }]
    return [now === undefined ? { path, from: '(hidden)' } : { path, from: '(hidden)', to: '(hidden, another value)' }]
  })
  const rest = lines.length - LINES
  return rest > 0 ? [...lines.slice(0, LINES), { path: `and ${rest} more keys`, to: 'changed' }] : lines
}

/** Whether both hold the same. */
export function sameContent(one: Content, other: Content): boolean {
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => valueOf(other, key) === one[key])
}

function valueOf(content: Content, key: string): string | undefined {
  return Object.hasOwn(content, key) ? content[key] : undefined
}
