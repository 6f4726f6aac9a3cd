import { readable } from '../../model/duration.ts'
import { type Line, paragraph, type Style, wrap } from '../render/span.ts'
import type { Terminal } from '../terminal.ts'

/** Tells what happens, each sentence with the time since the command was given. */
export interface Narrator {
  readonly terminal: Terminal
  /** One sentence, or two. */
  tell(sentence: string): void
  /** A heading, with room around it. */
  heading(text: string): void
  /** A long text in the background. */
  quote(text: string): void
  /** Lines as they are, indented. */
  show(lines: readonly Line[]): void
}

const INDENT = 10

/** A narrator whose clock starts at `began`, epoch milliseconds. */
export function narrator(terminal: Terminal, began: number): Narrator {
  const width = () => (terminal.live ? terminal.size().columns - 1 : 120)
  const clock = () => readable(Date.now() - began).padStart(INDENT - 2)
  return {
    terminal,
    tell: (sentence) =>
      terminal.say(
        wrap(sentence, Math.max(20, width() - INDENT)).map((line, index) => [
          ['dim' as Style, `${index === 0 ? clock() : ' '.repeat(INDENT - 2)}  `],
          ['plain' as Style, line],
        ]),
      ),
    heading: (text) => terminal.say([[], [['bold', text]], []]),
    quote: (text) => terminal.say(paragraph('dim', text, INDENT, width())),
    show: (lines) => terminal.say(lines.map((line) => [['plain', ' '.repeat(INDENT)], ...line])),
  }
}
