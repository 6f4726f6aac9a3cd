const LONGEST = 200

/** The text without any of the words. */
export function mask(text: string, words: readonly string[]): string {
  return words.reduce((masked, word) => masked.replaceAll(word, '…'), text)
}

/** A value as people read it, from its JSON; a long one is cut. */
export function plain(text: string): string {
  const value: unknown = JSON.parse(text)
  const shown = typeof value === 'string' ? value : text
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1)}…` : shown
}
