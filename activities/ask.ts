import { UnwindError } from '../model/errors.ts'

/** One request to an outside system that speaks JSON. `who` names it in errors. */
export interface Asking {
  who: string
  /** Scheme, host and port: what is asked never leaves them. */
  origin: string
  path: string
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: unknown
  signal: AbortSignal
  /** Statuses that are answers too, whatever they usually mean. */
  also?: readonly number[]
}

export interface Answer {
  status: number
  /** What the body holds; undefined where it is empty. */
  json: unknown
  headers: Headers
}

/** More of an answer is not read, in characters. */
const LONGEST = 4 * 1_048_576

/**
 * One request and its answer: no redirect, no retry. Throws TARGET_UNREACHABLE where trying again may help, with
 * `facts.unsure` where it may have been carried out and `facts.again` (milliseconds) where the system says when;
 * TARGET_FORBIDDEN, TARGET_NOT_FOUND and TARGET_REJECTED otherwise. Words of the system are not told on.
 */
export async function ask(asking: Asking): Promise<Answer> {
  const { who, origin, path, method = 'GET', headers = {}, body, signal, also = [] } = asking
  const url = new URL(path, origin)
  if (url.origin !== new URL(origin).origin)
    throw new UnwindError('TARGET_MISMATCH', `${who}: the path leads away from ${origin}; correct the configuration`)
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  const type = typeof body === 'string' ? {} : { 'content-type': 'application/json; charset=utf-8' }
  const answer = await fetch(url, {
    ...{ method, redirect: 'manual' as const, signal },
    headers: { accept: 'application/json', 'user-agent': 'unwind', ...(body !== undefined && type), ...headers },
    ...(body !== undefined && { body: sent }),
  }).catch((error: unknown) => {
    throw unanswered(who, error)
  })
  const text = await answer.text().catch((error: unknown) => {
    throw unanswered(who, error)
  })
  if (!also.includes(answer.status)) refuse(who, answer)
  return { status: answer.status, headers: answer.headers, json: parsed(who, text) }
}

/** Before these the request can't have left. */
const NOT_SENT = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID'],
])

/** An answer that never came may still come to be: whoever tries again waits for so long, in milliseconds. */
const LATE = 45_000

function unanswered(who: string, error: unknown): UnwindError {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined)?.code : undefined
  const code = typeof cause === 'string' && /^[A-Z0-9_]{1,60}$/.test(cause) ? cause : undefined
  const why = code ? ` (${code})` : ''
  if (code !== undefined && NOT_SENT.has(code))
    return new UnwindError('TARGET_UNREACHABLE', `${who} can't be reached${why}`)
  return new UnwindError('TARGET_UNREACHABLE', `${who} gave no whole answer${why}`, { unsure: true, again: LATE })
}

function refuse(who: string, { status, headers }: Response): void {
  if (status >= 200 && status < 300) return
  const after = Number(headers.get('retry-after'))
  const again = after > 0 ? { again: Math.min(after, 600) * 1_000 } : {}
  if (status === 429) throw new UnwindError('TARGET_UNREACHABLE', `${who} answers 429: it is asked too often`, again)
  if (status >= 500) throw new UnwindError('TARGET_UNREACHABLE', `${who} answers ${status}`, { unsure: true, ...again })
  if (status === 401 || status === 403)
    throw new UnwindError('TARGET_FORBIDDEN', `${who} answers ${status}; see the token and its rights`)
  if (status === 404 || status === 410)
    throw new UnwindError('TARGET_NOT_FOUND', `${who} answers ${status}; see what unwind.yaml and the runbook name`)
  throw new UnwindError('TARGET_REJECTED', `${who} answers ${status} and does not take it`, { status })
}

function parsed(who: string, text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    if (text.length <= LONGEST) return JSON.parse(text)
  } catch {
    // What came instead may hold anything, so it is not quoted.
  }
  throw new UnwindError('TARGET_UNREACHABLE', `${who} answers something else than JSON`, { unsure: true })
}

/** A value that a system should have sent: `read` says what it has to be. */
export function expected<Value>(who: string, value: Value | undefined): Value {
  if (value !== undefined) return value
  throw new UnwindError('TARGET_UNREACHABLE', `${who} answers something else than it documents`, { unsure: true })
}

/** A member of an object from outside, whatever that is. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  )
}

/** The same, where it is a text. */
export function textAt(value: unknown, ...path: (string | number)[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : undefined
}

/** The same, where it is a list. */
export function listAt(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = path.length === 0 ? value : at(value, ...path)
  return Array.isArray(found) ? found : []
}
