import { createHmac, timingSafeEqual } from 'node:crypto'
import { UnwindError } from '../../model/errors.ts'

/** Older than this is a replay, in seconds; Slack's own recommendation. */
const WINDOW = 5 * 60

/**
 * Proves that Slack sent this body just now: HMAC-SHA256 over `v0:<timestamp>:<body>`, compared in constant time. Throws
 * UNAUTHENTICATED. https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function verifySlack(
  secret: string,
  { timestamp, signature, body }: { timestamp: unknown; signature: unknown; body: string },
  now = Date.now(),
): void {
  const sent = typeof timestamp === 'string' && /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  const fresh = Math.abs(now / 1_000 - sent) <= WINDOW
  const expected = `v0=${createHmac('sha256', secret)
    .update(`v0:${String(timestamp)}:${body}`)
    .digest('hex')}`
  const given = typeof signature === 'string' ? signature : ''
  const same = given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
  if (fresh && same) return
  throw new UnwindError(
    'UNAUTHENTICATED',
    same && !fresh
      ? 'the request is more than five minutes old; compare the clock of this machine'
      : 'the signature is not Slack’s; compare api.slack.signingSecret with that of the Slack app',
  )
}
