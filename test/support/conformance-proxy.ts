import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'

/** The system behind the proxy, and which requests to it change something. */
export interface Upstream {
  url: URL
  /** Credentials and agent, as `https.request` takes them. */
  options: https.RequestOptions
  isWrite(method: string, path: string, body: string): boolean
  /** Whether an answer refuses the write although its status says success, as Git servers do. */
  refuses?(answer: string): boolean
  /** Changes bodies on their way, as a system of another version would fill them. */
  rewrite?: { request?(method: string, body: string): string; answer?(body: string): string }
}

/** A proxy before a real system that can stop a write at its door, or its answer on the way back. */
export interface HoldingProxy {
  readonly url: string
  /** How many writes the system has accepted. */
  writes(): number
  /** Holds the next write, before the system sees it or after it was done. */
  hold(moment: 'request' | 'answer'): Held
  /** Every request from now on is cut off without an answer, or with `false` none any more. */
  cut(off: boolean): void
  stop(): Promise<void>
}

export interface Held {
  /** Resolves once the write is there. */
  reached: Promise<void>
  /** Lets it go on, whoever waits for it; resolves with the system's status once that has answered. */
  release(): Promise<number>
}

/** Starts a proxy on loopback, in plain HTTP. */
export async function startProxy(upstream: Upstream): Promise<HoldingProxy> {
  const holding: Gate[] = []
  let [writes, off] = [0, false]
  const server = http.createServer((incoming, outgoing) => {
    incoming.on('error', () => {})
    outgoing.on('error', () => {})
    void pass(incoming, outgoing).catch(() => outgoing.destroy())
  })
  const pass = async (incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/' } = incoming
    const body = await bytes(incoming)
    if (off) throw new Error('cut off')
    const write = upstream.isWrite(method, url, body.toString('utf8'))
    const gate = write ? holding.shift() : undefined
    if (gate?.moment === 'request') await gate.wait()
    const answer = await forward(upstream, incoming, body)
    const status = upstream.refuses?.(answer.body.toString('latin1')) ? 409 : answer.status
    if (write && status < 300) writes++
    gate?.done(status)
    if (gate?.moment === 'answer') await gate.wait()
    outgoing.writeHead(answer.status, answer.headers).end(answer.body)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes: () => writes,
    hold: (moment) => {
      const gate = new Gate(moment)
      holding.push(gate)
      return gate
    },
    cut: (now) => {
      off = now
    },
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

class Gate implements Held {
  readonly moment: 'request' | 'answer'
  readonly reached: Promise<void>
  readonly done: (status: number) => void
  readonly #answered: Promise<number>
  readonly #opened: Promise<void>
  #open!: () => void
  #arrive!: () => void

  constructor(moment: 'request' | 'answer') {
    this.moment = moment
    this.reached = new Promise((resolve) => {
      this.#arrive = resolve
    })
    this.#opened = new Promise((resolve) => {
      this.#open = resolve
    })
    let done: (status: number) => void = () => {}
    this.#answered = new Promise((resolve) => {
      done = resolve
    })
    this.done = done
  }

  wait(): Promise<void> {
    this.#arrive()
    return this.#opened
  }

  release(): Promise<number> {
    this.#open()
    return this.#answered
  }
}

interface Answer {
  status: number
  headers: http.OutgoingHttpHeaders
  body: Buffer
}

async function forward({ url, options, rewrite }: Upstream, incoming: http.IncomingMessage, body: Buffer) {
  const { method = 'GET', headers } = incoming
  const sent = rewrite?.request ? Buffer.from(rewrite.request(method, body.toString('utf8'))) : body
  const { 'content-type': type, 'content-encoding': encoding, accept, authorization } = headers
  const { 'x-amz-target': operation } = headers
  // AWS tells its services apart by what they are signed for.
  const signed = authorization?.startsWith('AWS4') === true
  const request = (url.protocol === 'https:' ? https : http).request(new URL(incoming.url ?? '/', url), {
    ...options,
    method,
    headers: {
      ...(options.headers as http.OutgoingHttpHeaders),
      ...(type && { 'content-type': type }),
      ...(encoding && { 'content-encoding': encoding }),
      ...(accept && { accept }),
      ...(operation && { 'x-amz-target': operation }),
      ...(signed && { authorization }),
      ...(sent.byteLength > 0 && { 'content-length': sent.byteLength }),
    },
  })
  request.end(sent)
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  const received = await bytes(answer)
  const { 'content-type': kind, date } = answer.headers
  const passed = { ...(kind && { 'content-type': kind }), ...(date && { date }) }
  const changed = rewrite?.answer ? Buffer.from(rewrite.answer(received.toString('utf8'))) : received
  return { status: answer.statusCode ?? 502, headers: passed, body: changed } as Answer
}

/** Not every body is text: clients of Kubernetes in Go speak Protobuf. */
async function bytes(stream: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
