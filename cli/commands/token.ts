import { createHash, randomBytes } from 'node:crypto'
import { CommandError, EXIT, usage } from '../exit.ts'

/** Prints a new token of 256 random bits on stdout, and on stderr what to write into unwind.yaml. */
export async function newToken(): Promise<number> {
  // The prefix lets scanners of repositories and logs find a leaked one.
  const token = `unwind_${randomBytes(32).toString('base64url')}`
  process.stderr.write(
    `Keep it: it is not stored and cannot be shown again. For api.tokens in unwind.yaml:\n${entry(sha256(token))}\n`,
  )
  process.stdout.write(`${token}\n`)
  return EXIT.ok
}

/** Prints the hash of the token on stdin; the token itself never appears on a command line. */
export async function hashToken(): Promise<number> {
  if (process.stdin.isTTY) throw usage('Pipe the token in, so that no history keeps it: unwind token hash < token.txt')
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.length > 4_096) throw new CommandError(EXIT.usage, 'A token is no longer than 4096 characters.')
  }
  const token = text.trim()
  if (!token) throw usage('There was no token on stdin.')
  process.stdout.write(`${sha256(token)}\n`)
  return EXIT.ok
}

function entry(hash: string): string {
  return [
    '  - subject: <who holds it>',
    `    sha256: ${hash}`,
    '    verbs: [read, plan, start, decide]',
    "    environments: ['*']",
  ].join('\n')
}

function sha256(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
