import { UnwindError } from '../../../model/errors.ts'
import type { Secret } from '../../../model/secret.ts'
import { type Answer, ask, type Asking } from '../../ask.ts'
import { readSecret } from '../../secret.ts'

/** A LaunchDarkly account, as a worker reaches it. */
export interface LaunchDarkly {
  name: string
  origin: string
  token?: Secret | undefined
}

/** Opens the connection; touches no network. */
export async function connect(credentials: unknown, name: string): Promise<LaunchDarkly> {
  const { pin, token } = credentials as { pin: { origin: string }; token?: Secret }
  return { name, origin: pin.origin, token }
}

type Request = Pick<Asking, 'path' | 'method' | 'body' | 'signal' | 'headers'>

/** One request to its REST API: the token stands alone in Authorization. https://launchdarkly.com/docs/api */
export async function request({ name, origin, token }: LaunchDarkly, { headers, ...asked }: Request): Promise<Answer> {
  const authorization = await readSecret(token, `worker.credentials.${name}.token`)
  const sent = { authorization, 'ld-api-version': '20240415', ...headers }
  const answer = await ask({ who: 'LaunchDarkly', origin, headers: sent, ...asked, also: [403, 405, 409] })
  const why = REFUSALS[answer.status]
  if (why) throw new UnwindError(...why)
  return answer
}

const REFUSALS: Readonly<Record<number, [code: UnwindError['code'], message: string]>> = {
  403: [
    'TARGET_FORBIDDEN',
    'LaunchDarkly answers 403: the token lacks the action updateOn there; give it that and retry',
  ],
  405: [
    'TARGET_REJECTED',
    'LaunchDarkly wants an approval for changes of this environment: ask for it there, then answer done or retry',
  ],
  409: [
    'TARGET_REJECTED',
    'LaunchDarkly has a pending change of this flag: withdraw it there, or say force with a reason, and retry',
  ],
}
