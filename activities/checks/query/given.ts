/** What a query gave: one number with when it was evaluated (epoch milliseconds), or why there is none. */
export type Given = { value: number; at: number } | { nothing: string }

/** Why these are no number that proves anything. */
export const NOTHING = {
  noData: 'no data',
  notANumber: 'NaN: there was nothing to count',
  infinite: 'infinity: something is divided by zero',
  tooMuch: 'more series than are read; aggregate them, such as by sum()',
  several: (series: number) => `${series} series, not one; aggregate them, such as by sum()`,
  warned: (text: string) => `it warns: ${plain(text)}`,
} as const

/** Words of another system: bounded, and on one line. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 200)
}
