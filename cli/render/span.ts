import pc from 'picocolors'

/** What a piece of text means; `paint` decides what that looks like. */
export type Style = 'plain' | 'dim' | 'bold' | 'good' | 'bad' | 'busy' | 'ask' | 'added' | 'removed'
export type Span = readonly [Style, string]
/** One line on the terminal, before colour and width. */
export type Line = readonly Span[]

export interface Paint {
  colour: boolean
  /** Columns; longer lines are cut with an ellipsis. Infinity for files and pipes. */
  width: number
}

/**
 * Lines as strings: cut to the width, coloured, and with nothing in them that a terminal would obey. Texts come from
 * clusters and from other people, so control and direction characters are shown as a mark instead of being sent.
 */
export function paint(lines: readonly Line[], { colour, width }: Paint): string[] {
  const styles = stylesOf(colour)
  return lines.map((line) => {
    let room = width
    const shown: string[] = []
    for (const [style, raw] of line) {
      const text = cut(clean(raw), room)
      room -= columns(text)
      shown.push(styles[style](text))
      if (room <= 0) break
    }
    return shown.join('').trimEnd()
  })
}

/** Text without control characters (C0, C1, DEL) and without the characters that turn the direction of writing. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (mark) =>
    mark === '\n' || mark === '\t' ? ' ' : '\ufffd',
  )
}

/** Text broken at blanks into lines of at most so many columns; a word that is longer stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of clean(text).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && columns(last) + 1 + columns(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** A paragraph of one style, wrapped, each of its lines indented by so many blanks. */
export function paragraph(style: Style, text: string, indent: number, width: number): Line[] {
  return wrap(text, Math.max(20, width - indent)).map((line) => [[style, `${' '.repeat(indent)}${line}`]])
}

/** How many columns a text takes: East Asian wide characters and emoji take two, combining marks none. */
export function columns(text: string): number {
  let sum = 0
  for (const mark of text) sum += columnsOf(mark)
  return sum
}

/** Text filled with blanks on the right up to a width; longer text is left as it is. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)))
}

function cut(text: string, room: number): string {
  if (columns(text) <= room) return text
  let kept = ''
  let used = 0
  for (const mark of text) {
    used += columnsOf(mark)
    if (used > room - 1) break
    kept += mark
  }
  return room > 0 ? `${kept}…` : ''
}

function columnsOf(mark: string): number {
  const point = mark.codePointAt(0) ?? 0
  if (point < 0x300) return 1
  if (/\p{Mark}|\u200b|\u200d|\ufe0f/u.test(mark)) return 0
  return (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd)
    ? 2
    : 1
}

function stylesOf(colour: boolean): Record<Style, (text: string) => string> {
  const c = pc.createColors(colour)
  return {
    plain: (text) => text,
    dim: c.dim,
    bold: c.bold,
    good: c.green,
    bad: c.red,
    busy: c.cyan,
    ask: c.yellow,
    added: c.green,
    removed: c.red,
  }
}
