import { type Line, paint } from './render/span.ts'
import type { Terminal } from './terminal.ts'

/** A part of the terminal that is drawn again in place, without flicker: one write per frame, lines overwritten. */
export interface Screen {
  draw(lines: readonly Line[]): void
  /** Draws the last frame in full length and leaves it standing; the cursor is shown again. */
  close(lines?: readonly Line[]): void
}

const HIDE = '\u001b[?25l'
const SHOW = '\u001b[?25h'
// Terminals that know synchronised updates show a frame at once; the others ignore the two marks.
const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'

/** Opens such a part on stderr, below what stands there. */
export function openScreen(terminal: Terminal, stream: Pick<NodeJS.WriteStream, 'write'> = process.stderr): Screen {
  let height = 0
  let shown = ''
  const put = (painted: string[], last: boolean) => {
    const text = `${painted.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`
    if (text === shown && !last) return
    stream.write(`${BEGIN}${HIDE}${height > 0 ? `\u001b[${height}A\r` : ''}${text}${last ? SHOW : ''}${END}`)
    height = painted.length
    shown = text
  }
  const painted = (lines: readonly Line[]) =>
    paint(lines, { colour: terminal.colour, width: terminal.size().columns - 1 })
  return {
    draw: (lines) => put(crop(painted(lines), terminal.size().rows - 1), false),
    close: (lines) => {
      if (lines) put(painted(lines), true)
      else stream.write(SHOW)
    },
  }
}

/** What fits: the first line and the end, where a running step and the choices of a person stand. */
function crop(lines: string[], rows: number): string[] {
  if (lines.length <= rows || rows < 3) return lines
  return [...lines.slice(0, 1), `  … ${lines.length - rows + 1} lines more`, ...lines.slice(lines.length - rows + 2)]
}
