import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { MESSAGE_AUDIENCE, type MessageClaims } from '../model/messages.ts'
import type { Actor } from '../model/policy.ts'
import { digestOf } from './digest.ts'

/** How long a signature is worth anything, in seconds: long enough for a busy worker, short for whoever copies it. */
const LIFETIME_S = 60

/**
 * The API's proof of who sends a message: a JWS (EdDSA, Ed25519) about this very message to this very run, good for 60 s.
 * `message` is hashed as it will arrive, without its signature.
 */
export async function signMessage(
  key: KeyObject,
  {
    name,
    message,
    actor,
    workflowId,
  }: { name: MessageClaims['message']; message: object; actor: Actor; workflowId: string },
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const claims: MessageClaims = {
    sub: actor.subject,
    groups: actor.groups,
    message: name,
    workflowId,
    digest: digestOf(message),
    iat: now,
    exp: now + LIFETIME_S,
  }
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA' }).setAudience(MESSAGE_AUDIENCE).sign(key)
}
