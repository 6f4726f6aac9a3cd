import { UnwindError } from '../../model/errors.ts'
import type { Ended } from './command.ts'
import type { Repository } from './connect.ts'

/** Why the server was not read or written, as an error of the table; what git said is quoted without passwords. */
export function fault({ url, branch, name }: Repository, { said, late }: Ended, wanted: 'read' | 'push'): UnwindError {
  const why = line(said)
  if (/Host key verification failed|SSL certificate problem|certificate verif/i.test(said))
    return new UnwindError(
      'TARGET_MISMATCH',
      `${url} does not prove to be the server that is meant: ${why}; see known hosts, or ca`,
    )
  if (/couldn't find remote ref|Remote branch .* not found/i.test(said))
    return new UnwindError('TARGET_NOT_FOUND', `${url} has no branch ${branch}; see connection ${name}`)
  if (
    /returned error: 40[13]|Authentication failed|could not read (?:User|Pass)|Permission denied|access denied/i.test(
      said,
    )
  )
    return forbidden(url, branch, name, wanted, why)
  if (/not found|does not appear to be a git repository|does not exist/i.test(said))
    return new UnwindError(
      'TARGET_NOT_FOUND',
      `there is no repository ${url}, or the account of ${name} may not see it: ${why}`,
    )
  return new UnwindError('TARGET_UNREACHABLE', `${url} does not answer${late ? ' in time' : ''}: ${why}`)
}

function forbidden(url: string, branch: string, name: string, wanted: string, why: string): UnwindError {
  const right = wanted === 'push' ? `push to ${branch} of ${url} (write on its contents)` : `read ${url}`
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `the account of connection ${name} may not ${right}: ${why}. Grant it, or mend worker.credentials.${name}`,
  )
}

/** A git that failed at what needs no server: something is wrong with the clone, or with us. */
export function broken({ folder, name }: Repository, { said, late }: Ended, verb: string): UnwindError {
  const why = late ? 'it took too long' : line(said)
  return new UnwindError(
    'INTERNAL',
    `git ${verb} failed in the clone of ${name} (${folder}): ${why}; delete that folder, then retry`,
  )
}

/** The first line that says why, bounded, without user and password of an address. */
export function line(said: string): string {
  const lines = said.split('\n').filter((text) => /^(?:fatal|error|remote):/.test(text))
  const text = lines.find((one) => /^(?:fatal|error):/.test(one)) ?? lines[0] ?? 'it said nothing'
  return withoutPassword(text.slice(0, 300).replace(/\.$/, ''))
}

/** Text without the user and password that an address may hold. */
export function withoutPassword(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+]*:\/\/)[^@/\s]*@/gi, '$1')
}
