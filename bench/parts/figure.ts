/** One row of what a bench found: the median of each side in `unit`, `ratio` = ours / other, over so many `runs`. */
export interface Figure {
  name: string
  ours: number
  other: number
  ratio: number
  unit: string
  runs: number
}

/** What every file of bench/ but main.ts exports. */
export interface Bench {
  title: string
  /** What each figure compares with what, by the figure's name. */
  figures: Record<string, string>
  /** The ratio that a figure shall not exceed, where one is set. */
  goals?: Record<string, number>
  /** What our side shall not exceed, in the figure's unit, where a bound is set. */
  most?: Record<string, number>
  /** How many pairs are measured unless `--runs` says otherwise. */
  runs: number
  measure(runs: number): Promise<Figure[]>
}

/** What was measured on each side, pair by pair. */
export interface Pairs<Sample> {
  ours: Sample[]
  other: Sample[]
}

/**
 * Measures both sides in turn, `runs` times each after one pair that does not count. Who goes first changes from pair
 * to pair, so that a drift of the machine falls on both.
 */
export async function alternate<Sample>(
  runs: number,
  sides: { ours: () => Promise<Sample>; other: () => Promise<Sample> },
): Promise<Pairs<Sample>> {
  const pairs: Pairs<Sample> = { ours: [], other: [] }
  for (let run = -1; run < runs; run++) {
    const order = run % 2 === 0 ? (['ours', 'other'] as const) : (['other', 'ours'] as const)
    for (const side of order) {
      const sample = await sides[side]()
      if (run >= 0) pairs[side].push(sample)
    }
  }
  return pairs
}

/** The row of one measure: the medians of both sides and their ratio. */
export function figure(name: string, unit: string, { ours, other }: Pairs<number>): Figure {
  const [mine, theirs] = [median(ours), median(other)]
  return { name, ours: mine, other: theirs, ratio: mine / theirs, unit, runs: ours.length }
}

/** The middle value; of an even number, the mean of the two in the middle. Throws when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, two) => one - two)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (low === undefined || high === undefined) throw new Error('nothing was measured; ask for at least one run')
  return (low + high) / 2
}

/** The smallest value that at least this share of all values does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, two) => one - two)
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (found === undefined) throw new Error('nothing was measured; ask for at least one run')
  return found
}

/** How long the work takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
