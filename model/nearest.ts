/**
 * The known word that somebody probably meant, for "did you mean": at most a third of its letters, and never more than
 * three, differ (an exchange of neighbours counts as one). Undefined where nothing is that close.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { word: string; distance: number } | undefined
  for (const candidate of known) {
    const limit = Math.min(3, Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)))
    if (Math.abs(word.length - candidate.length) > limit) continue
    const distance = edits(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { word: candidate, distance }
  }
  return best?.word
}

/** Words longer than this are cut before they are compared: nobody mistypes so much, and the work is quadratic. */
const LONGEST = 64

/** Optimal string alignment: insertions, deletions, replacements and exchanges of neighbours. */
function edits(from: string, to: string): number {
  const [a, b] = [from.slice(0, LONGEST), to.slice(0, LONGEST)]
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= a.length; row++) {
    const next = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const exchanged =
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] ? (before[column - 2] ?? 0) + 1 : replaced
      next.push(Math.min(replaced, exchanged, (last[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    ;[before, last] = [last, next]
  }
  return last[b.length] ?? 0
}
