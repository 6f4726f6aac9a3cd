import { UnwindError } from '../../model/errors.ts'
import { isWrongServer } from '../tls.ts'
import type { Answer } from './request.ts'

/** Where the manifest with the rights of a kind is that names no other. */
const RIGHTS_MANIFEST = 'docs/rbac/operator.yaml'

/** What was asked, in RBAC's words, for a message that says which right is missing. */
export interface Asked {
  verb: 'get' | 'list' | 'patch' | 'create' | 'delete'
  resource: string
  namespace?: string
  name?: string
  /** The manifest that grants it. */
  rights?: string
}

/** An API server's answer that is not a success, as an error of the closed table. The message quotes no request. */
export function refused(answer: Answer, asked: Asked, connection: string): UnwindError {
  const said = statusMessage(answer)
  if (answer.status === 401)
    return new UnwindError(
      'TARGET_FORBIDDEN',
      `${connection} does not accept the worker's credentials; renew the token or certificate of its kubeconfig`,
    )
  if (answer.status === 403 && isMissingRight(said)) return forbidden(asked, connection)
  if (answer.status === 404)
    return new UnwindError('TARGET_NOT_FOUND', `${connection} has no ${place(asked)}; check name and namespace`)
  if (answer.status === 429 || answer.status >= 500)
    return new UnwindError(
      'TARGET_UNREACHABLE',
      `${connection} can't ${asked.verb} ${place(asked)} now (HTTP ${answer.status}): ${clip(said)}`,
    )
  return new UnwindError(
    'TARGET_REJECTED',
    `${connection} refuses to ${asked.verb} ${place(asked)} (HTTP ${answer.status}): ${clip(said)}`,
  )
}

/** The right that RBAC denied, and where the manifest is that grants it. */
function forbidden(asked: Asked, connection: string): UnwindError {
  const where = asked.namespace ? ` in namespace ${asked.namespace}` : ''
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `the worker's account on ${connection} may not ${asked.verb} ${asked.resource}${where}; grant it with ${asked.rights ?? RIGHTS_MANIFEST}`,
    { verb: asked.verb, resource: asked.resource, ...(asked.namespace && { namespace: asked.namespace }) },
  )
}

/** No answer at all. A certificate of another authority means another server, which waiting does not mend. */
export function unreachable(cause: unknown, asked: Asked, connection: string, server: string): UnwindError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (isWrongServer(code))
    return new UnwindError(
      'TARGET_MISMATCH',
      `${server} shows a certificate that the authority of ${connection} did not sign (${code}); check the kubeconfig`,
      undefined,
      { cause },
    )
  const why = code || (cause instanceof Error ? cause.name : 'unknown error')
  return new UnwindError(
    'TARGET_UNREACHABLE',
    `${connection} (${server}) did not answer to ${asked.verb} ${place(asked)}: ${why}`,
    undefined,
    { cause },
  )
}

/** What a Status object says, bounded. */
export function statusMessage(answer: Answer): string {
  const body = answer.body
  if (typeof body !== 'object' || body === null || !('message' in body)) return ''
  return typeof body.message === 'string' ? body.message : ''
}

/** Who refuses, without what it quotes: an admission plug-in may repeat the object, and so its secrets. */
export function unquoted(answer: Answer): Answer {
  const said = statusMessage(answer)
  if (/cannot \w+ resource /.test(said)) return answer
  return {
    ...answer,
    body: {
      message:
        /^.{0,200}?(?:denied the request|is invalid|is forbidden(?:: exceeded quota:.{0,200})?)/.exec(said)?.[0] ?? '',
    },
  }
}

/** RBAC says `cannot patch resource …`; an admission plug-in that denies with 403 says something else. */
function isMissingRight(message: string): boolean {
  return message === '' || /cannot \w+ resource /.test(message)
}

/** At most 500 characters, on one line. */
export function clip(text: string, limit = 500): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}

function place(asked: Asked): string {
  const what = asked.name ? `${asked.resource}/${asked.name}` : asked.resource
  return asked.namespace ? `${asked.namespace}/${what}` : what
}
