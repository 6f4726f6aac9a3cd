import { parseRollbackId } from '../model/ids.ts'
import { CommandError, EXIT, exitOfCode } from './exit.ts'
import { clean } from './render/span.ts'
import { commandFor } from './render/words.ts'

/** Says what went wrong on stderr, each fault of the input and what to type next; answers the exit code. */
export function report(error: unknown): number {
  const { exit, lines } = told(error)
  for (const line of lines) process.stderr.write(`${clean(line)}\n`)
  if (process.env['UNWIND_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return exit
}

function told(error: unknown): { exit: number; lines: string[] } {
  if (error instanceof CommandError) {
    const { code, exit, facts = {} } = error
    const known = code !== undefined && /^[A-Z_]+$/.test(code)
    return {
      exit,
      lines: [`error: ${known ? `${code}: ` : ''}${error.message}`, ...faults(facts), ...hints(code, facts)],
    }
  }
  if (!(error instanceof Error))
    return { exit: EXIT.internal, lines: [`error: Unwind itself failed: ${String(error)}`] }
  // Errors of the other parts carry a code of the error table; known by their name, because a build may load two copies.
  if (error.name === 'UnwindError' && 'code' in error) {
    const lines = error.message.split('\n')
    return {
      exit: exitOfCode(String(error.code)),
      lines: [`error: ${String(error.code)}: ${lines[0]}`, ...lines.slice(1)],
    }
  }
  return {
    exit: EXIT.internal,
    lines: [`error: ${error.message.split('\n')[0]}`, ...error.message.split('\n').slice(1), ...causes(error)],
  }
}

/** The members `errors` of a problem document: what is wrong where. */
function faults({ errors }: Record<string, unknown>): string[] {
  if (!Array.isArray(errors) || errors.length < 2) return []
  return errors
    .slice(0, 20)
    .map((fault: { path?: string; message?: string }) => `  ${fault.path ?? ''}: ${fault.message ?? ''}`)
}

function hints(code: string | undefined, { facts }: Record<string, unknown>): string[] {
  const id = typeof facts === 'object' && facts !== null && 'id' in facts ? String(facts.id) : ''
  const place = parseRollbackId(id)
  if (code === 'ROLLBACK_RUNNING' && place) return [`  Watch it:  ${commandFor('watch', place)}`]
  return []
}

/** The messages beneath, so that what failed at the bottom is not hidden. */
function causes(error: Error): string[] {
  const lines: string[] = []
  for (let cause = error.cause; cause instanceof Error && lines.length < 5; cause = cause.cause)
    lines.push(`  because: ${cause.message.slice(0, 2_000)}`)
  return lines
}
