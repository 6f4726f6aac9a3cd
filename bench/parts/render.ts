import type { Bench, Figure } from './figure.ts'

/** Columns for a terminal. */
export function table(figures: readonly Figure[], benches: readonly Bench[]): string {
  const rows = [HEAD, ...figures.map((figure) => cells(figure, benches))]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The same as a table of Markdown. */
export function markdown(figures: readonly Figure[], benches: readonly Bench[]): string {
  const rows = [HEAD, HEAD.map(() => '---'), ...figures.map((figure) => cells(figure, benches))]
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const HEAD = ['figure', 'ours', 'other', 'unit', 'ratio', 'goal', 'runs', 'what against what']

function cells({ name, ours, other, ratio, unit, runs }: Figure, benches: readonly Bench[]): string[] {
  const bench = benches.find(({ figures }) => Object.hasOwn(figures, name))
  const [goal, most] = [bench?.goals?.[name], bench?.most?.[name]]
  const reached = [
    ...(goal === undefined ? [] : [`≤ ${goal}${ratio <= goal ? '' : ' missed'}`]),
    ...(most === undefined ? [] : [`≤ ${most} ${unit}${ours <= most ? '' : ' missed'}`]),
  ].join(', ')
  const sides = bench?.figures[name] ?? ''
  return [name, rounded(ours), rounded(other), unit, ratio.toFixed(2), reached, String(runs), sides]
}

/** Three digits that count are more than a run on another day would repeat. */
function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
