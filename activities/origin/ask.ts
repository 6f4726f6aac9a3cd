import http from 'node:http'
import https from 'node:https'
import { codeOf } from './reasons.ts'

/** The most that is read of a body. */
export const BODY_LIMIT = 64 * 1024
/** All headers of an answer together; Node ends the connection above it. */
const HEADERS_LIMIT = 16 * 1024

export interface Asked {
  /** Scheme, host, port, path and query; the host stands in the Host header and is what a certificate must be for. */
  url: URL
  /** Where the connection is made to, whatever the name resolves to by now. */
  address: string
  /** Whether the body is read; otherwise the answer ends with its headers. */
  body: boolean
  /** Asks for the headers alone. */
  head?: true
  /** Sent along, such as credentials. */
  headers?: Readonly<Record<string, string>>
  /** Sent as the body of a POST. */
  json?: string
  signal: AbortSignal
}

export interface Answer {
  status: number
  headers: http.IncomingHttpHeaders
  /** Milliseconds from the start until the headers were there. */
  took: number
  /** The beginning of the body, as text. Never kept and never shown. */
  text: string
  /** Whether there was more body than is read. */
  truncated: boolean
  /** The coding of a body that can't be read as text, such as gzip. */
  encoding: string | undefined
}

/**
 * One GET or HEAD, or POST of JSON, on a connection of its own, to exactly this address: no redirect, no cookie, no proxy, and no credentials but
 * those in `headers`. Rejects with Node's error when no whole answer came.
 */
async function ask({ body, ...asked }: Asked): Promise<Answer> {
  const began = performance.now()
  const answer = await send(asked)
  try {
    const took = performance.now() - began
    const encoding = answer.headers['content-encoding']
    const read = body ? await readBody(answer) : { text: '', truncated: false }
    const { statusCode: status = 0, headers } = answer
    return { status, headers, took, ...read, encoding: encoding === 'identity' ? undefined : encoding }
  } finally {
    answer.destroy()
  }
}

function send({ url, address, head, headers = {}, json, signal }: Omit<Asked, 'body'>): Promise<http.IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const options: https.RequestOptions = {
    host: address,
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: url.pathname + url.search,
    method: head ? 'HEAD' : json === undefined ? 'GET' : 'POST',
    headers: {
      accept: '*/*',
      ...headers,
      ...typeOf(json),
      host: url.host,
      'accept-encoding': 'identity',
      'user-agent': 'unwind',
    },
    agent: false,
    maxHeaderSize: HEADERS_LIMIT,
    signal,
    ...(url.protocol === 'https:' && host !== address && { servername: host }),
  }
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? https : http).request(options, resolve)
    sent.on('error', reject)
    sent.end(json)
  })
}

function typeOf(json: string | undefined): http.OutgoingHttpHeaders {
  return json === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }
}

async function readBody(answer: http.IncomingMessage): Promise<{ text: string; truncated: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > BODY_LIMIT) break
  }
  const text = Buffer.concat(chunks).subarray(0, BODY_LIMIT).toString('utf8')
  return { text, truncated: size > BODY_LIMIT }
}

/**
 * Asks the first of these addresses that can be connected to: a name may have some that this machine can't use, such as
 * IPv6 ones. Answers which it was.
 */
export async function askFirst(
  addresses: readonly string[],
  asked: Omit<Asked, 'address'>,
): Promise<{ answer: Answer; address: string }> {
  let last: unknown
  for (const address of addresses) {
    try {
      return { answer: await ask({ ...asked, address }), address }
    } catch (error) {
      last = error
      if (!NOT_CONNECTED.has(codeOf(error) ?? '')) break
    }
  }
  throw last
}

const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'])
