import { createHash, timingSafeEqual } from 'node:crypto'
import { type Configuration, type Verb, VERBS } from '../../model/configuration.ts'
import { UnwindError } from '../../model/errors.ts'
import type { Actor } from '../../model/policy.ts'

/** Who asks, and what they may do where. */
export interface Caller {
  actor: Actor
  verbs: readonly Verb[]
  environments: readonly string[]
}

/** Who asks when no token is configured: whoever is on this machine, and the record says so. */
const LOCAL: Caller = { actor: { subject: 'local', groups: [] }, verbs: VERBS, environments: ['*'] }

/** Makes the function that finds the caller of an Authorization header. It throws UNAUTHENTICATED. */
export function callersOf({ api }: Configuration): (authorization: string | undefined) => Caller {
  const known = api.tokens.map((token) => ({ hash: Buffer.from(token.sha256, 'hex'), token }))
  return (authorization) => {
    if (known.length === 0) return LOCAL
    const presented = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization ?? '')?.[1]
    if (!presented) throw unauthenticated('send Authorization: Bearer <token>; the CLI takes it from UNWIND_TOKEN')
    const hash = createHash('sha256').update(presented).digest()
    // All hashes are compared, each in constant time, so that the time taken tells nothing about any of them.
    const matches = known.filter((candidate) => timingSafeEqual(candidate.hash, hash))
    const token = matches[0]?.token
    if (!token) throw unauthenticated('the token is not known; ask whoever keeps unwind.yaml for one')
    if (token.expires && Date.parse(token.expires) <= Date.now())
      throw unauthenticated('the token has expired; ask whoever keeps unwind.yaml for a new one')
    return {
      actor: { subject: token.subject, groups: token.groups },
      verbs: token.verbs,
      environments: token.environments,
    }
  }
}

/** Throws FORBIDDEN unless the caller may do this. */
export function requireVerb({ actor, verbs }: Caller, verb: Verb): void {
  if (verbs.includes(verb) || verbs.includes('admin')) return
  throw new UnwindError(
    'FORBIDDEN',
    `${actor.subject} may not ${verb}, only ${verbs.join(', ')}; ask whoever keeps unwind.yaml for the verb`,
  )
}

/** Throws FORBIDDEN unless the caller may act in this environment. */
export function requireEnvironment({ actor, environments }: Caller, environment: string): void {
  if (environments.includes('*') || environments.includes(environment)) return
  throw new UnwindError(
    'FORBIDDEN',
    `${actor.subject} may do nothing in ${environment}, only in ${environments.join(', ')}; ask whoever keeps unwind.yaml`,
  )
}

function unauthenticated(message: string): UnwindError {
  return new UnwindError('UNAUTHENTICATED', message)
}
