import { z } from 'zod'
import { UnwindError } from '../../model/errors.ts'
import { Secret } from '../../model/secret.ts'
import { type Answer, ask, type Asking, textAt } from '../ask.ts'
import { readSecret } from '../secret.ts'

const Credentials = z.object({
  token: Secret.optional(),
  pin: z.object({ origin: z.string(), path: z.string().optional() }),
})

/** An Argo CD, as a worker reaches it. */
export interface Argo {
  name: string
  origin: string
  /** What stands before /api/v1 there. */
  path: string
  token?: Secret | undefined
}

/** Opens the connection; touches no network. */
export async function connect(credentials: unknown, name: string): Promise<Argo> {
  const { pin, token } = Credentials.parse(credentials)
  return { name, origin: pin.origin, path: pin.path ?? '', token }
}

interface Request extends Pick<Asking, 'method' | 'body' | 'signal'> {
  /** Below /api/v1. */
  path: string
  /** The line of RBAC that it needs, where Argo CD does not say so itself. */
  right?: string
  query?: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Answers that say by their status alone what they mean; 400 and 409 are for the caller to read, by the words of Argo CD. */
const READ = [400, 403, 404, 409, 500] as const

/**
 * One request to its API, with the token of the worker. Answers of 400 and 409 come back, and of 500 those that refuse a
 * patch; the rest throws: TARGET_FORBIDDEN with the line that its RBAC lacks, TARGET_NOT_FOUND, TARGET_UNREACHABLE.
 */
export async function request(argo: Argo, { path, query = {}, right, ...asked }: Request): Promise<Answer> {
  const token = await readSecret(argo.token, `worker.credentials.${argo.name}.token`)
  const given = Object.entries(query).flatMap(([key, value]) =>
    [value ?? []].flat().map((one): [string, string] => [key, one]),
  )
  const search = given.length > 0 ? `?${new URLSearchParams(given).toString()}` : ''
  const answer = await ask({
    ...{ who: 'Argo CD', origin: argo.origin, path: `${argo.path}/api/v1${path}${search}`, ...asked, also: READ },
    // It takes this type alone, without parameters, and demands it of requests without a body too.
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  })
  if (answer.status === 403) throw forbidden(answer.json, right)
  if (answer.status === 404)
    throw new UnwindError(
      'TARGET_NOT_FOUND',
      `Argo CD knows no ${/^\/(\w+?)s\//.exec(path)?.[1] ?? 'object'} of that name; see what the step names`,
    )
  if (answer.status === 500 && !isFailedTest(answer))
    throw new UnwindError('TARGET_UNREACHABLE', 'Argo CD answers 500', { unsure: true })
  return answer
}

/** What it says about a request that it does not carry out. */
export function saidBy({ json }: Answer): string {
  return textAt(json, 'message') ?? ''
}

/** Whether a patch was refused because what it tests for is not so. */
export function isFailedTest(answer: Answer): boolean {
  return answer.status === 500 && /testing value .* failed|error applying patch/.test(saidBy(answer))
}

/** The line that is missing has a closed form; whatever else the answer says is not told on. */
function forbidden(json: unknown, right: string | undefined): UnwindError {
  const said = textAt(json, 'message') ?? ''
  const line = /permission denied: (\w+, [\w/-]+, [\w.*/-]+)/.exec(said)?.[1] ?? right
  if (/blocked by sync window/.test(said))
    return new UnwindError(
      'TARGET_REJECTED',
      'Argo CD refuses it: a sync window of the project denies syncs by hand now',
    )
  if (line)
    return new UnwindError(
      'TARGET_FORBIDDEN',
      `Argo CD answers 403: the account of the token lacks "${line}"; add that line to argocd-rbac-cm, then retry`,
    )
  return new UnwindError(
    'TARGET_FORBIDDEN',
    'Argo CD answers 403: there is no such application, or the account of the token lacks "applications, get" for it; name the project in the step to tell which',
  )
}
