import http from 'node:http'
import https from 'node:https'

/** One request to an API server, before credentials. `path` begins with a slash and carries its query. */
export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  accept?: string
  contentType?: string
  body?: unknown
  signal: AbortSignal
}

/** What a request is sent with: the agent keeps connections open, so that a request costs no handshake. */
export interface Transport {
  agent: http.Agent
  headers: http.OutgoingHttpHeaders
}

/** An answer of any status. `date` is the server's own clock in epoch milliseconds, where it says so. */
export interface Answer {
  status: number
  body: unknown
  date: number | undefined
}

/** How long one request may take. An API server that needs longer is treated as unreachable. */
export const REQUEST_LIMIT = 10_000

/** The most that is read of one answer; a list is asked for in pages far below it. */
const ANSWER_LIMIT = 32 * 1024 * 1024

/**
 * Sends one request and reads its JSON as it is: no model stands between, so fields that this build has never heard of
 * survive. Rejects with Node's error when no answer came: what the request did is then unknown.
 */
export async function send(server: URL, request: Request, transport: Transport): Promise<Answer> {
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
  const headers = {
    ...transport.headers,
    accept: request.accept ?? 'application/json',
    ...(body && { 'content-type': request.contentType ?? 'application/json', 'content-length': body.byteLength }),
  }
  const module = server.protocol === 'http:' ? http : https
  const url = new URL(server.pathname.replace(/\/$/, '') + request.path, server)
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const { method, signal } = request
    const sent = module.request(url, { method, headers, agent: transport.agent, signal }, resolve)
    sent.on('error', reject)
    sent.end(body)
  })
  const text = await read(answer)
  const date = Date.parse(answer.headers.date ?? '')
  return { status: answer.statusCode ?? 0, body: parse(text), date: Number.isNaN(date) ? undefined : date }
}

async function read(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > ANSWER_LIMIT) throw new Error(`the answer is larger than ${ANSWER_LIMIT} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Whatever stands before an API server may answer in HTML; then only the status says anything. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
