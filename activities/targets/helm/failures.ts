import { UnwindError } from '../../../model/errors.ts'
import { clip } from '../../kubernetes/faults.ts'
import { mask } from '../../kubernetes/shown.ts'
import { RIGHTS } from './state.ts'

/** What failed, for the message: the command, the connection, and how the release was left. */
export interface Failed {
  command: string
  connection: string
  left: string
  /** Values of the manifests that no message may quote. */
  hidden: readonly string[]
}

const UNREACHABLE =
  /cluster unreachable|connection refused|connection reset|i\/o timeout|no such host|TLS handshake timeout|unexpected EOF|: EOF|server is currently unable|etcdserver:|http2: client connection/i

/** What to do next, by what helm or the API server says. The first that matches. */
const ADVICE: readonly [RegExp, string][] = [
  [
    /conflict occurred while applying|Apply failed with \d+ conflict/,
    'another manager owns these fields; let it give them up, or set conflicts: force',
  ],
  [
    /no matches for kind/,
    'the cluster does not serve this version any more; rewrite the stored release with the plug-in helm mapkubeapis, then plan again',
  ],
  [
    /hooks? failed|hook .*failed|BackoffLimitExceeded/i,
    'a hook of the old chart failed; see its Job, then retry, or set hooks: false',
  ],
  [
    /immutable|updates to statefulset spec|may not be changed/i,
    'delete the object named, then retry: helm makes it anew',
  ],
  [/exceeded quota/, 'raise the quota, then retry'],
  [/timed out|deadline exceeded/i, 'its objects did not become ready in time; see their pods, then retry'],
]

/** A process of helm that ended with an error, as an error of the closed table. */
export function failureOf(said: string, { command, connection, left, hidden }: Failed): UnwindError {
  const error = said.slice(Math.max(0, said.lastIndexOf('Error: ')))
  const denied =
    /cannot (\w+) resource "([^"]+)" in API group "([^"]*)"(?:(?: in the namespace "([^"]+)")| at the cluster scope)?/.exec(
      said,
    )
  if (denied) return forbidden(denied, connection, left)
  const words = clip(mask(error.replace(/^Error: /, ''), hidden), 500)
  if (/Unauthorized|must be logged in/.test(error))
    return new UnwindError(
      'TARGET_FORBIDDEN',
      `${connection} does not accept helm's credentials; renew the token or certificate of its kubeconfig. ${left}`,
    )
  if (UNREACHABLE.test(error))
    return new UnwindError('TARGET_UNREACHABLE', `${command} on ${connection}: ${words}. ${left}`)
  const advice = ADVICE.find(([pattern]) => pattern.test(error))?.[1] ?? 'see why, then retry'
  return new UnwindError('TARGET_REJECTED', `${command} on ${connection}: ${words}. ${left}; ${advice}`)
}

function forbidden([, verb, plural, group, namespace]: RegExpExecArray, connection: string, left: string): UnwindError {
  const resource = group ? `${plural}.${group}` : String(plural)
  const where = namespace ? ` in namespace ${namespace}` : ''
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `the worker's account on ${connection} may not ${verb} ${resource}${where}; grant it with ${RIGHTS}, which is to be filled with the kinds of the chart. ${left}`,
    { verb, resource, ...(namespace && { namespace }) },
  )
}
