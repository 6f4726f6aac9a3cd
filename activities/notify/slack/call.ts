import type { SlackChannel } from '../../../model/channels.ts'
import { UnwindError } from '../../../model/errors.ts'
import { ask, at, expected, textAt } from '../../ask.ts'
import type { ChannelContext } from '../channel.ts'

/** The message that a call is about does not exist any more. */
export const MISSING = Symbol('missing')

const FORBIDDEN = new Set([
  ...['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired', 'missing_scope'],
  ...['not_in_channel', 'restricted_action', 'no_permission', 'cant_update_message'],
])
const PASSING = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'ratelimited'])

/**
 * One method of Slack's Web API: JSON for an object, a form for parameters. Slack answers 200 also for what it refuses, so
 * `ok` decides. By https://docs.slack.dev/apis/web-api.
 */
export async function call(
  method: string,
  body: object,
  { settings, signal }: ChannelContext<typeof SlackChannel>,
  token: string,
): Promise<unknown> {
  const form = body instanceof URLSearchParams
  const { json } = await ask({
    ...{ who: 'Slack', origin: settings.origin, path: `/api/${method}`, method: 'POST', signal },
    headers: {
      authorization: `Bearer ${token}`,
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    body: form ? body.toString() : body,
  })
  const ok = expected('Slack', at(json, 'ok') as boolean | undefined)
  return ok === true ? json : refused(method, textAt(json, 'error') ?? '')
}

/** Slack's own words for a refusal are a closed list of names; what is none of them is not told on. */
function refused(method: string, error: string): typeof MISSING {
  const name = /^[a-z_]{1,60}$/.test(error) ? error : 'an unknown error'
  if (method === 'chat.update' && error === 'message_not_found') return MISSING
  if (PASSING.has(error))
    throw new UnwindError(
      'TARGET_UNREACHABLE',
      `Slack answers ${name}`,
      error === 'ratelimited' ? {} : { unsure: true },
    )
  if (error === 'channel_not_found')
    throw new UnwindError('TARGET_NOT_FOUND', 'Slack answers channel_not_found; see the id of the channel')
  if (FORBIDDEN.has(error))
    throw new UnwindError(
      'TARGET_FORBIDDEN',
      `Slack answers ${name}; see the token, its scopes, and who is in the channel`,
    )
  throw new UnwindError('TARGET_REJECTED', `Slack answers ${name} and does not take the message`)
}
