import { UnwindError } from '../../../model/errors.ts'
import type { Secret } from '../../../model/secret.ts'
import { type Answer, ask, type Asking, listAt } from '../../ask.ts'
import { readSecret } from '../../secret.ts'

/** A Vault or an OpenBao, as a worker reaches it. */
export interface Vault {
  name: string
  origin: string
  namespace?: string | undefined
  token?: Secret | undefined
}

/** Opens the connection; touches no network. */
export async function connect(credentials: unknown, name: string): Promise<Vault> {
  const { pin, token } = credentials as { pin: { origin: string; namespace?: string }; token?: Secret }
  return { name, origin: pin.origin, namespace: pin.namespace, token }
}

type Request = Pick<Asking, 'path' | 'method' | 'body' | 'signal' | 'also'>

/** One request to its HTTP API. Throws TARGET_FORBIDDEN with the capability and path that the token lacks. */
export async function request(vault: Vault, asked: Request): Promise<Answer> {
  const { name, origin, namespace, token } = vault
  const headers = {
    'x-vault-token': await readSecret(token, `worker.credentials.${name}.token`),
    // A proxy before the server takes no request without it (Vault Agent, request forgery).
    'x-vault-request': 'true',
    ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
  }
  const answer = await ask({ who: 'Vault', origin, headers, ...asked, also: [403, ...(asked.also ?? [])] })
  if (answer.status === 403) throw forbidden(asked)
  return answer
}

function forbidden({ method = 'GET', path }: Request): UnwindError {
  const capability = method === 'GET' ? 'read' : 'update'
  const where = path.replace(/^\/v1\//, '').replace(/\?.*$/, '')
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `Vault answers 403: the token is not good for ${capability} on ${where}; renew it, or give it docs/rbac/vault-kv/policy.hcl`,
  )
}

/** Whether Vault refuses a write because somebody else's version came first (check-and-set, KV version 2). */
export function isLost({ status, json }: Answer): boolean {
  return status === 400 && listAt(json, 'errors').some((error) => /check-and-set/.test(String(error)))
}
