import { UnwindError } from '../../model/errors.ts'
import { type Answer, ask, type Asking, textAt } from '../ask.ts'
import { apiBase, githubHeaders } from './address.ts'
import type { GitHub } from './connect.ts'

/** A request below `/repos/<owner>/<name>`. `wanted` says in errors what it was for; `also` are statuses that are answers too. */
export interface Wanted extends Pick<Asking, 'method' | 'body' | 'signal' | 'also'> {
  path: string
  wanted: string
}

export type Where = Pick<GitHub, 'name' | 'origin' | 'repository' | 'grant'>

/** Longer than so long nobody waits for GitHub's limits at once, in milliseconds. */
const LONGEST = 600_000

/**
 * One request. Its limits (429, and 403 with the word for it) are TARGET_UNREACHABLE with `facts.again`; TARGET_FORBIDDEN names the
 * permission that GitHub asks for; TARGET_NOT_FOUND says that the token may not see it either, because GitHub tells nobody apart.
 */
export async function request(github: Where, { path, wanted, also = [], ...asked }: Wanted): Promise<Answer> {
  const { name, origin, repository, grant } = github
  const { token } = await grant(asked.signal)
  const answer = await ask({
    ...{ who: 'GitHub', origin, path: `${apiBase(origin)}/repos/${repository}${path}`, ...asked },
    ...{ headers: githubHeaders(token), also: [403, 404, 422, ...also] },
  })
  const { status, headers, json } = answer
  if (status === 403) throw refused(github, wanted, headers, textAt(json, 'message') ?? '')
  if (status === 404 && !also.includes(404))
    throw new UnwindError(
      'TARGET_NOT_FOUND',
      `GitHub answers 404 to ${wanted}: ${repository} has no such thing, or the token of connection ${name} may not see it`,
    )
  if (status === 422 && !also.includes(422))
    throw new UnwindError('TARGET_REJECTED', `GitHub does not take it (422), ${wanted}: ${reasonOf(json)}`)
  return answer
}

/** What GitHub says against a request, as one bounded line. */
export function reasonOf(json: unknown): string {
  return (textAt(json, 'message') ?? 'it gives no reason').replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 300)
}

function refused({ name, repository }: Where, wanted: string, headers: Headers, message: string): UnwindError {
  const limited =
    headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0' || /rate limit/i.test(message)
  if (limited) {
    const again = Math.min(pauseOf(headers), LONGEST)
    return new UnwindError('TARGET_UNREACHABLE', 'GitHub answers 403: its rate limit is used up for now', { again })
  }
  const accepted = headers.get('x-accepted-github-permissions')
  const right = accepted && /^[a-z_=;, ]{1,200}$/.test(accepted) ? accepted : 'that permission'
  return new UnwindError(
    'TARGET_FORBIDDEN',
    `the token of connection ${name} may not ${wanted} of ${repository}: give it ${right}, or see worker.credentials.${name}`,
  )
}

/** https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api: at least a minute where nothing is said. */
function pauseOf(headers: Headers): number {
  const after = Number(headers.get('retry-after'))
  if (after > 0) return after * 1_000
  const reset = Number(headers.get('x-ratelimit-reset')) * 1_000
  return reset > Date.now() ? reset - Date.now() : 60_000
}
