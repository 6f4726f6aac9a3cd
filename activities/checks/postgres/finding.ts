/** What was looked for and what was found, in words that hold no value of a row. */
export interface Finding {
  ok: boolean
  expected: string
  observed: string
  query: string
}

/** At most five, and how many others. */
export function listed(names: readonly string[]): string {
  const rest = names.length - 5
  return `${names.slice(0, 5).join(', ')}${rest > 0 ? ` and ${rest} others` : ''}`
}
