import { UnwindError } from '../../model/errors.ts'
import { isWrongServer } from '../tls.ts'

/** An error as `pg` and Node throw it. `detail`, `where` and `internalQuery` may quote rows, so they are never told. */
interface Fault {
  code?: string
  message: string
}

/** What a message says of the database, and the statements that grant what is needed there. */
export interface Where {
  name: string
  place: string
  rights: string
}

/** SQLSTATEs that pass by themselves: the server starts, ends or is full, a lock or a deadlock was in the way. */
const PASSING = new Set(['57P01', '57P02', '57P03', '53300', '55P03', '57014', '40001', '40P01'])

/**
 * Whatever `pg` throws, as an error of the closed table. `doing` says what was tried, in a few words that hold no value:
 * `read knex_migrations`. Classes and codes: PostgreSQL documentation, appendix A.
 */
export function databaseError(error: unknown, where: Where, doing: string): UnwindError {
  if (error instanceof UnwindError) return error
  const { code = '', message }: Fault = error instanceof Error ? error : { message: 'unknown error' }
  const at = `${where.name} (${where.place})`
  if (isWrongServer(code))
    return new UnwindError(
      'TARGET_MISMATCH',
      `${at} shows a certificate that its authority did not sign (${code}); check host, tls and ca`,
    )
  // Said by pg without a code. Somebody in between could also answer so, to be told the password in the clear.
  if (message === 'The server does not support SSL connections')
    return new UnwindError(
      'TARGET_MISMATCH',
      `${at} offers no TLS; switch it on there, or write tls: off if it has none`,
    )
  if (code === '28P01' || code === '28000')
    return new UnwindError(
      'TARGET_FORBIDDEN',
      `${at} does not accept the worker's credentials (${code}); check user and password, and pg_hba.conf, then retry`,
    )
  if (code === '42501')
    return new UnwindError(
      'TARGET_FORBIDDEN',
      `the worker's role on ${at} may not ${doing}: ${clip(message)}; grant it with ${where.rights}`,
      {
        sqlstate: code,
      },
    )
  if (code === '3D000')
    return new UnwindError('TARGET_NOT_FOUND', `${at}: there is no such database; correct the connection`)
  if (PASSING.has(code) || code.startsWith('08') || code.startsWith('53') || code.startsWith('58'))
    return new UnwindError('TARGET_UNREACHABLE', `${at} could not ${doing} now (${code}): ${clip(message)}`, {
      sqlstate: code,
    })
  if (isSqlState(code))
    return new UnwindError('TARGET_REJECTED', `${at} refuses to ${doing} (${code}): ${told(code, message)}`, {
      sqlstate: code,
    })
  return new UnwindError('TARGET_UNREACHABLE', `${at} did not answer to ${doing}: ${code || reasonOf(message)}`)
}

/** Five characters of which the first two are a class; Node's own codes (ECONNREFUSED) are longer. */
function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code)
}

/** A data exception (class 22) quotes the value that it fell over. */
function told(code: string, message: string): string {
  return clip(code.startsWith('22') ? message.replace(/"[^"]*"/g, '"…"').replace(/:.*$/, '') : message)
}

/** `pg` speaks in sentences where Node gives no code. */
function reasonOf(message: string): string {
  return /timeout/i.test(message) ? 'no answer in time' : 'the connection ended'
}

/** At most 300 characters, on one line. */
function clip(text: string, limit = 300): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}
