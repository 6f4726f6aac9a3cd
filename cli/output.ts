import type { Format } from './define/options.ts'
import type { Line } from './render/span.ts'
import type { Terminal } from './terminal.ts'

/** Writes a result to stdout: as data where a format asks for it, otherwise as text. */
export async function put(
  terminal: Terminal,
  format: Format | undefined,
  value: unknown,
  text: () => readonly Line[] | string,
): Promise<void> {
  if (format === 'json') return terminal.print(JSON.stringify(value, null, 2))
  if (format === 'yaml') {
    const { stringify } = await import('yaml')
    return terminal.print(stringify(value).trimEnd())
  }
  terminal.print(text())
}
