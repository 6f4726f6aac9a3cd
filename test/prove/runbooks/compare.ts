import type { Seen } from './reference.ts'

/** Where what was seen differs from what was to be expected, as one line; undefined where nothing does. */
export function compare(expected: Seen, seen: Seen): string | undefined {
  const differing = (Object.keys(expected) as (keyof Seen)[]).flatMap((part) => {
    const [wanted, found] = [words(expected[part]), words(seen[part])]
    return wanted === found ? [] : [`${part}: expected ${wanted}, seen ${found}`]
  })
  return differing.length > 0 ? differing.join(' | ') : undefined
}

function words(value: string | string[]): string {
  return typeof value === 'string' ? value || 'none' : `(${value.join('; ')})`
}
