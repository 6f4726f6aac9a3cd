import { columns, type Line, pad, type Style } from './span.ts'

export type Cell = string | readonly [Style, string]

/** A table in the manner of kubectl: upper-case heads, columns three blanks apart, no lines. */
export function tableLines(heads: readonly string[], rows: readonly (readonly Cell[])[]): Line[] {
  const widths = heads.map((head, column) =>
    Math.max(columns(head), ...rows.map((row) => columns(textOf(row[column] ?? '')))),
  )
  const line = (cells: readonly Cell[]): Line =>
    cells.map((cell, column) => [
      typeof cell === 'string' ? 'plain' : cell[0],
      pad(textOf(cell), (widths[column] ?? 0) + 3),
    ])
  return [line(heads.map((head): Cell => ['dim', head])), ...rows.map(line)]
}

/** How long ago, as one number and unit: `42s`, `5m`, `3h`, `2d`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell[1]
}
