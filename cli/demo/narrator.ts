import { readable } from '../../model/duration.ts'
import type { Line } from '../render/span.ts'
import type { Terminal } from '../terminal.ts'

/** Tells what happens, each sentence with the time since the command was given. */
export interface Narrator {
  readonly terminal: Terminal
  /** One sentence. */
  tell(sentence: string): void
  /** A heading, with room above it. */
  heading(text: string): void
  /** Lines without a time, indented. */
  show(lines: readonly Line[]): void
  /** How long ago the command was given. */
  elapsed(): string
}

export function narrator(terminal: Terminal, began = Date.now()): Narrator {
  const elapsed = () => readable(Date.now() - began)
  return {
    terminal,
    elapsed,
    tell: (sentence) =>
      terminal.say([
        [
          ['dim', `${elapsed().padStart(12)}  `],
          ['plain', sentence],
        ],
      ]),
    heading: (text) => terminal.say([[], [['bold', text]], []]),
    show: (lines) => terminal.say(lines.map((line) => [['plain', '              '], ...line])),
  }
}
