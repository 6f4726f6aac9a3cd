/** A value of a document as text: words as they are, anything nested as JSON, what is not there as the fallback. */
export function written(value: unknown, fallback = ''): string {
  if (value === undefined || value === null) return fallback
  return typeof value === 'string' ? value : JSON.stringify(value)
}
