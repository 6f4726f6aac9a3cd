import { readFile } from 'node:fs/promises'
import { CommandError, EXIT, usage } from './exit.ts'

/** The largest file that a command reads, in bytes. */
const FILE_LIMIT = 1_048_576

/** The text of a file, or of stdin for `-`. Throws a usage error for what can't be read, or is too large. */
export async function readInput(file: string): Promise<string> {
  return file === '-' ? readStdin() : readText(file)
}

async function readText(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new CommandError(EXIT.usage, `${file} cannot be read (${code}).`, { cause })
  })
  if (text.length > FILE_LIMIT) throw usage(`${file} is larger than ${FILE_LIMIT} bytes.`)
  return text
}

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.length > FILE_LIMIT) throw usage(`stdin holds more than ${FILE_LIMIT} bytes.`)
  }
  return text
}
