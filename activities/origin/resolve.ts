import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { UnwindError } from '../../model/errors.ts'
import { scopeOf } from './address.ts'

/** All addresses of a name, in the order of the resolver. */
export type Lookup = (host: string) => Promise<readonly { address: string }[]>

/** More addresses of one name are not tried. */
const ADDRESSES = 4

/**
 * The addresses that a host may be asked at. Resolved once: the connection is made to what was checked here, so a name
 * that changes its mind in between leads nowhere else. One address that may not be asked refuses them all. Throws
 * TARGET_UNREACHABLE when the name can't be resolved, TARGET_MISMATCH when it leads where the connection may not.
 */
export async function resolve(
  host: string,
  connection: Permitted,
  signal: AbortSignal,
  find: Lookup = (name) => lookup(name, { all: true, verbatim: true }),
): Promise<string[]> {
  const found = isIP(host) ? [{ address: host }] : await looked(host, connection.name, signal, find)
  const addresses = found.map(({ address }) => address)
  for (const address of addresses) refuse(address, host, connection)
  return addresses.slice(0, ADDRESSES)
}

async function looked(host: string, name: string, signal: AbortSignal, find: Lookup) {
  try {
    const found = await Promise.race([find(host), aborted(signal)])
    if (found.length > 0) return found
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const code = (error as { code?: unknown }).code
    const why = typeof code === 'string' ? ` (${code})` : ''
    throw new UnwindError('TARGET_UNREACHABLE', `${name}: the name ${host} can't be resolved${why}; see the DNS`)
  }
  throw new UnwindError('TARGET_UNREACHABLE', `${name}: the name ${host} has no address; see the DNS`)
}

/** The resolver of the system can't be stopped, only left alone. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** Who asks, and whether a private network is meant; `setting` is what would say so, where it is not the usual one. */
interface Permitted {
  name: string
  private: boolean
  setting?: string
}

function refuse(address: string, host: string, connection: Permitted): void {
  const scope = scopeOf(address)
  if (scope === 'public' || (scope === 'private' && connection.private)) return
  const where = address === host ? host : `${host} is at ${address}, which`
  const next =
    scope === 'private'
      ? `lies in a private network; say ${connection.setting ?? `private: true at connections.${connection.name}`} if that is meant`
      : 'is an address that no check may ask; correct the origin or the DNS'
  throw new UnwindError('TARGET_MISMATCH', `${connection.name}: ${where} ${next}`)
}
