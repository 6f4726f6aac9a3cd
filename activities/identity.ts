import { createHash, type KeyObject } from 'node:crypto'
import { jwtVerify } from 'jose'
import { canonical } from '../model/canonical.ts'
import { UnwindError } from '../model/errors.ts'
import { MESSAGE_AUDIENCE, type MessageClaims } from '../model/messages.ts'

/** Clocks of API and worker may differ by so much. */
const CLOCK_TOLERANCE_S = 30

/**
 * Proves who sent a message: the signature is by one of the keys, not too old, and about this very message to this very
 * run. Fails with UNAUTHENTICATED otherwise, without saying more than is needed to mend it.
 */
export async function identify(
  keys: readonly KeyObject[],
  call: { message: string; workflowId: string; content: Record<string, unknown>; signed: string },
): Promise<{ subject: string; groups: string[] }> {
  const claims = await verified(keys, call.signed)
  const digest = createHash('sha256').update(canonical(call.content)).digest('hex')
  if (claims.message !== call.message || claims.workflowId !== call.workflowId || claims.digest !== digest)
    throw new UnwindError('UNAUTHENTICATED', 'the signature belongs to another message; send this one through the API')
  return { subject: claims.sub, groups: claims.groups }
}

async function verified(keys: readonly KeyObject[], signed: string): Promise<MessageClaims> {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify<MessageClaims>(signed, key, {
        algorithms: ['EdDSA'],
        audience: MESSAGE_AUDIENCE,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['sub', 'exp', 'iat'],
      })
      return payload
    } catch {
      // Another key may fit; why none did is of use to an attacker only.
    }
  }
  throw new UnwindError(
    'UNAUTHENTICATED',
    'the signature is by no key that this worker trusts, or too old; compare worker.verifyKeys with the API’s signing key',
  )
}
