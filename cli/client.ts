import { readFile } from 'node:fs/promises'
import { CommandError, EXIT, exitOfCode } from './exit.ts'

/** Where the API is and who asks. A token comes from UNWIND_TOKEN or a file, never from the command line. */
export interface ClientOptions {
  url?: string | undefined
  tokenFile?: string | undefined
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path below the URL, already encoded; see `path`. */
  path: string
  query?: Readonly<Record<string, string | number | readonly string[] | undefined>>
  body?: unknown
  headers?: Readonly<Record<string, string>>
  /** Milliseconds until the call is given up. */
  within?: number
  /** Gives the call up earlier. */
  signal?: AbortSignal | undefined
}

export interface Answer<Body> {
  status: number
  location: string | undefined
  body: Body
}

export interface Client {
  readonly url: string
  /** One call, its JSON answer; anything but 2xx throws a CommandError with the exit code of the problem. */
  call<Body>(call: Call): Promise<Answer<Body>>
  /** The same for text (Markdown). */
  text(call: Call): Promise<string>
  /** A response whose body is still open; the caller reads it and aborts it by the signal. */
  open(call: Call, signal: AbortSignal): Promise<Response>
}

export const DEFAULT_URL = 'http://127.0.0.1:7420'

const ANSWER_LIMIT = 8 * 1024 * 1024

/** A client of the HTTP API. Throws CommandError for an address or a token file that can't be used. */
export async function connect(options: ClientOptions, env: NodeJS.ProcessEnv = process.env): Promise<Client> {
  const url = addressOf(options.url ?? env['UNWIND_URL'] ?? DEFAULT_URL)
  const token = options.tokenFile ? await readToken(options.tokenFile) : env['UNWIND_TOKEN']?.trim() || undefined
  if (token && !/^[\x21-\x7e]+$/.test(token))
    throw new CommandError(EXIT.usage, 'the token holds characters that no token has')
  const send = (call: Call, signal: AbortSignal) => sendTo(url, token, call, signal)
  const bounded = async (call: Call) => {
    const within = call.within ?? 30_000
    const late = AbortSignal.timeout(within)
    try {
      const response = await send(call, call.signal ? AbortSignal.any([late, call.signal]) : late)
      return { response, text: await textOf(response) }
    } catch (error) {
      if (late.aborted) throw noAnswer(url, within, error)
      throw error
    }
  }
  return {
    url,
    call: async <Body>(call: Call): Promise<Answer<Body>> => {
      const { response, text } = await bounded(call)
      const location = response.headers.get('location') ?? undefined
      return { status: response.status, location, body: parse(text, url) as Body }
    },
    text: async (call) => (await bounded(call)).text,
    open: send,
  }
}

/** A path of encoded parts: `path('v1', 'rollbacks', environment, service)`. */
export function path(...parts: string[]): string {
  return `/${parts.map((part) => encodeURIComponent(part)).join('/')}`
}

/** Whether a call never got an answer: the connection broke, or nothing listens. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof CommandError && error.code === UNANSWERED
}

/** Whether nothing listens at the address: the call can't have had an effect. */
export function isRefused(error: unknown): boolean {
  return isUnanswered(error) && error instanceof Error && causeCode(error.cause) === 'ECONNREFUSED'
}

const UNANSWERED = 'unanswered'

async function sendTo(url: string, token: string | undefined, call: Call, signal: AbortSignal): Promise<Response> {
  const target = new URL(url.replace(/\/$/, '') + call.path)
  for (const [name, value] of Object.entries(call.query ?? {}))
    for (const one of [value].flat()) if (one !== undefined) target.searchParams.append(name, String(one))
  const init = {
    method: call.method ?? 'GET',
    signal,
    // A redirect could carry the token to another host.
    redirect: 'error' as const,
    headers: {
      accept: 'application/json',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  }
  const response = await fetch(target, init).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw unanswered(url, error)
  })
  if (!response.ok) throw problemOf(response.status, response.headers, await textOf(response))
  return response
}

function unanswered(url: string, error: unknown): CommandError {
  const code = causeCode(error)
  const message =
    code === 'ECONNREFUSED'
      ? `Nothing answers at ${url}. Start Unwind on this machine with \`unwind server\`, or say where it is with --url or UNWIND_URL.`
      : `The connection to ${url} failed (${code}). Check --url or UNWIND_URL and the network.`
  return new CommandError(EXIT.unavailable, message, { code: UNANSWERED, cause: error })
}

/** The code of the socket's error beneath the one that fetch throws. */
function causeCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'connection lost'
}

function noAnswer(url: string, within: number, cause: unknown): CommandError {
  const message = `${url} did not answer within ${within / 1_000} s. Look at its health with \`curl ${url}/readyz\`.`
  return new CommandError(EXIT.unavailable, message, { code: UNANSWERED, cause })
}

/** An RFC 9457 document as an error; an answer of any other form is quoted by its status alone. */
function problemOf(status: number, headers: Headers, text: string): CommandError {
  const body = headers.get('content-type')?.includes('json') ? parse(text, '') : undefined
  const problem: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
  const code = typeof problem['code'] === 'string' ? problem['code'] : undefined
  const detail = [problem['detail'], problem['title']].find((part) => typeof part === 'string')
  const message = typeof detail === 'string' ? detail : `The API answered ${status} without saying why.`
  const exit = code
    ? exitOfCode(code)
    : status === 401 || status === 403
      ? EXIT.denied
      : status === 404
        ? EXIT.notFound
        : status >= 502
          ? EXIT.unavailable
          : EXIT.internal
  return new CommandError(exit, message, { ...(code && { code }), facts: problem })
}

async function textOf(response: Response): Promise<string> {
  const length = Number(response.headers.get('content-length') ?? 0)
  if (length > ANSWER_LIMIT) throw new CommandError(EXIT.internal, `The answer is larger than ${ANSWER_LIMIT} bytes.`)
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > ANSWER_LIMIT)
      throw new CommandError(EXIT.internal, `The answer is larger than ${ANSWER_LIMIT} bytes.`)
  }
  return text
}

function parse(text: string, url: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandError(EXIT.internal, `What answers at ${url} is not Unwind: its answer is no JSON.`)
  }
}

function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new CommandError(
      EXIT.usage,
      `${JSON.stringify(text)} is no http or https address; write for example ${DEFAULT_URL}`,
    )
  if (url.username || url.password)
    throw new CommandError(EXIT.usage, 'an address must carry no name or password; put the token into UNWIND_TOKEN')
  return url.href.replace(/\/$/, '')
}

async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new CommandError(EXIT.usage, `The token file ${file} cannot be read (${code}).`, { cause })
  })
  const token = text.trim()
  if (!token) throw new CommandError(EXIT.usage, `The token file ${file} is empty.`)
  return token
}
