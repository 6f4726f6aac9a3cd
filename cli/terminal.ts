import { createInterface } from 'node:readline/promises'
import { type Line, paint } from './render/span.ts'

/** Where a command writes: data to stdout, everything said to people to stderr. */
export interface Terminal {
  /** Data: what the command was asked for. */
  print(lines: readonly Line[] | string): void
  /** Messages: progress, hints, warnings. */
  say(lines: readonly Line[] | string): void
  /** True where a frame may be redrawn in place. */
  readonly live: boolean
  /** True where a question can be asked and answered. */
  readonly interactive: boolean
  readonly size: () => { columns: number; rows: number }
  readonly colour: boolean
}

/** The process's own streams. Honours NO_COLOR, FORCE_COLOR and TERM=dumb. */
export function terminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  const { stdin, stdout, stderr } = process
  const smart = env['TERM'] !== 'dumb'
  const colourOf = (stream: NodeJS.WriteStream) =>
    !env['NO_COLOR'] && (Boolean(env['FORCE_COLOR']) || (stream.isTTY === true && smart))
  const write = (stream: NodeJS.WriteStream, lines: readonly Line[] | string) => {
    const text =
      typeof lines === 'string' ? lines : paint(lines, { colour: colourOf(stream), width: Infinity }).join('\n')
    stream.write(`${text}\n`)
  }
  return {
    print: (lines) => write(stdout, lines),
    say: (lines) => write(stderr, lines),
    live: stderr.isTTY === true && smart,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    size: () => ({ columns: stderr.columns ?? 80, rows: stderr.rows ?? 24 }),
    colour: colourOf(stderr),
  }
}

/** Asks for a yes; anything else, also the end of input, is a no. Call only where the terminal is interactive. */
export async function confirm(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const closed = new Promise<string>((resolve) => reader.once('close', () => resolve('')))
    const answer = await Promise.race([reader.question(`${question} [y/N] `), closed])
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    reader.close()
  }
}
