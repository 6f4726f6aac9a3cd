import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { UnwindError } from '../../model/errors.ts'

/** What Grafana signs with. */
export interface GrafanaSecret {
  secret: string
  timestampHeader?: string | undefined
}

const SIGNATURE = 'x-grafana-alerting-signature'
/** How old a signed time may be, in seconds; more than any queue in between, less than a copy is worth. */
const OLDEST_S = 300

/** Whether a request claims to be signed by Grafana; then it needs no token, and its signature must be right. */
export function isSigned({ headers }: FastifyRequest): boolean {
  return headers[SIGNATURE] !== undefined
}

/**
 * Proves that these very bytes were signed: HMAC-SHA256 as bare hex digits, of the body, or of time, colon and body where
 * a header for the time is configured (Grafana: "HMAC signature" of webhook contact points). Throws UNAUTHENTICATED.
 */
export function proveSigned(
  { headers }: Pick<FastifyRequest, 'headers'>,
  raw: Buffer,
  { secret, timestampHeader }: GrafanaSecret,
  now: number,
): void {
  const said = String(headers[SIGNATURE] ?? '')
  const at = timestampHeader === undefined ? undefined : String(headers[timestampHeader.toLowerCase()] ?? '')
  if (at !== undefined && !(/^\d{1,15}$/.test(at) && Math.abs(now / 1_000 - Number(at)) <= OLDEST_S))
    throw refused('its time is missing, or more than five minutes away; compare the clocks')
  const hmac = createHmac('sha256', secret)
  if (at !== undefined) hmac.update(`${at}:`)
  const wanted = hmac.update(raw).digest()
  const given = Buffer.from(/^[0-9a-f]{64}$/.test(said) ? said : '', 'hex')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    throw refused('it is by another secret, or the body was changed; compare the secret of the contact point')
}

function refused(why: string): UnwindError {
  return new UnwindError('UNAUTHENTICATED', `the signature of Grafana does not count: ${why}`)
}
