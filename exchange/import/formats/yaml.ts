import { isScalar, type LineCounter, type Node, type YAMLMap } from 'yaml'
import { masked, type Place } from '../item.ts'

/** Where a node stands in its source, and what stands there: secrets masked. */
export function placeIn({ range }: Node, { source, lines }: { source: string; lines: LineCounter }): Place {
  const [start = 0, end = start] = range ?? []
  const first = lines.linePos(start).line
  const last = Math.max(first, lines.linePos(Math.max(start, end - 1)).line)
  return {
    line: first,
    end: last,
    original: masked(
      source
        .split('\n')
        .slice(first - 1, last)
        .join('\n')
        .trim(),
    ),
  }
}

/** The entries of a map that have a value. */
export function pairs(map: YAMLMap): { key: string; node: Node }[] {
  return map.items.flatMap(({ key, value }) =>
    value ? [{ key: isScalar(key) ? String(key.value) : String(key), node: value as Node }] : [],
  )
}
