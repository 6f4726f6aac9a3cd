import { type Answer, ask, type Asking, textAt } from '../../ask.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Secret } from '../../../model/secret.ts'
import { readSecret } from '../../secret.ts'

/** An Unleash, as a worker reaches it. */
export interface Unleash {
  name: string
  origin: string
  token?: Secret | undefined
}

/** Opens the connection; touches no network. */
export async function connect(credentials: unknown, name: string): Promise<Unleash> {
  const { pin, token } = credentials as { pin: { origin: string }; token?: Secret }
  return { name, origin: pin.origin, token }
}

type Request = Pick<Asking, 'path' | 'method' | 'body' | 'signal'>

/** One request to its admin API. Throws TARGET_FORBIDDEN with the permission that is missing, as Unleash names it. */
export async function request({ name, origin, token }: Unleash, asked: Request): Promise<Answer> {
  const authorization = await readSecret(token, `worker.credentials.${name}.token`)
  const answer = await ask({ who: 'Unleash', origin, headers: { authorization }, ...asked, also: [403] })
  if (answer.status === 403) throw forbidden(answer.json)
  return answer
}

/** Permissions are words of a closed kind; whatever else the answer says is not told on. */
function forbidden(json: unknown): UnwindError {
  const said = JSON.stringify([textAt(json, 'message'), (json as { details?: unknown } | undefined)?.details ?? []])
  const [permission] = /\b[A-Z]{2,}(?:_[A-Z]{2,})+\b/.exec(said) ?? []
  if (permission === 'SKIP_CHANGE_REQUEST')
    return new UnwindError(
      'TARGET_FORBIDDEN',
      'Unleash takes changes of this environment by change requests only: give the token SKIP_CHANGE_REQUEST, or turn the flag by one there and answer done',
    )
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `Unleash answers 403: the token lacks ${permission ?? 'UPDATE_FEATURE_ENVIRONMENT'} there; give it that and retry`,
  )
}
