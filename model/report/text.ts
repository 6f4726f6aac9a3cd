/** An instant as people and programs read it: ISO 8601 in UTC, with milliseconds. */
export function utc(at: number): string {
  return new Date(at).toISOString()
}

/** Text of people and systems, so that it forges no heading, row, link or comment of the page that it stands in. */
export function safe(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|~!]/g, (character) => `\\${character}`).replaceAll(/\s+/g, ' ')
}

/** A table of Markdown; its cells are text that is safe already. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Values by name, sorted, as one safe phrase: `release.deployedAt = 2026-01-02T03:04:05Z, size = 3`. */
export function phrase(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${safe(name)} = ${safe(short(value))}`)
    .join(', ')
}

/** JSON with its keys sorted at every depth, two blanks deep: the same value gives the same bytes. */
export function sortedJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}

const VALUE_LIMIT = 200

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(sorted(value))
  return text.length > VALUE_LIMIT ? `${text.slice(0, VALUE_LIMIT)}…` : text
}
