import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Contract } from './contract.ts'

/** One request as a double's routes see it. */
export interface Asked {
  method: string
  path: string
  query: URLSearchParams
  headers: http.IncomingHttpHeaders
  /** JSON or a form, read; undefined without one. */
  body: unknown
  text: string
}

export interface Answered {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** What a system does instead of answering well. `slow`: it does the work and answers after so many milliseconds. */
export interface Fault {
  status?: number
  headers?: Record<string, string>
  garbage?: boolean
  hangUp?: boolean
  slow?: number
}

/** A vendor's system as our client sees it: it keeps what it is sent, and says what of that was not as described. */
export interface Double {
  readonly url: string
  /** Everything that was asked, and how. */
  readonly asked: { method: string; path: string; write: boolean }[]
  /** What was sent or answered other than described. */
  readonly violations: string[]
  fault: Fault | undefined
  /** Holds the next write before or after it is carried out, until its connection is closed. */
  hold(moment: 'request' | 'answer', nth?: number): Promise<void>
  /** Nothing is held any more that has not come yet. */
  release(): void
  close(): Promise<void>
}

export interface Vendor {
  contract: Contract
  /** Which requests change something. */
  isWrite: (asked: Asked) => boolean
  answer: (asked: Asked) => Answered
  /** The path as the description writes it. */
  described?: (path: string) => string
  /** Statuses that any operation may answer, which the vendor documents beside its description. */
  everywhere?: readonly number[]
}

/** Starts a double on loopback. */
export async function startDouble(vendor: Vendor): Promise<Double> {
  const double = new Doubled(vendor)
  await double.listen()
  return double
}

class Doubled implements Double {
  url = ''
  readonly asked: Double['asked'] = []
  readonly violations: string[] = []
  fault: Fault | undefined
  #held: { moment: 'request' | 'answer'; left: number; reached: () => void } | undefined
  readonly #vendor: Vendor
  readonly #server: http.Server

  constructor(vendor: Vendor) {
    this.#vendor = vendor
    this.#server = http.createServer((incoming, outgoing) => {
      outgoing.on('error', () => {})
      this.#serve(incoming, outgoing).catch((error: unknown) => {
        this.violations.push(`the double failed: ${String(error)}`)
        outgoing.destroy()
      })
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  hold(moment: 'request' | 'answer', nth = 1): Promise<void> {
    return new Promise((reached) => {
      this.#held = { moment, left: nth, reached }
    })
  }

  release(): void {
    this.#held = undefined
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const asked = await read(incoming)
    const write = this.#vendor.isWrite(asked)
    this.asked.push({ method: asked.method, path: asked.path, write })
    const { fault } = this
    if (fault?.hangUp) return void outgoing.destroy()
    if (fault?.garbage)
      return void outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<p>not what you expect')
    if (fault?.status) return void outgoing.writeHead(fault.status, fault.headers).end('{"error":"as asked"}')
    if (await this.#waits('request', write, outgoing)) return
    const answered = this.#carryOut(asked)
    if (await this.#waits('answer', write, outgoing)) return
    if (fault?.slow) await pause(fault.slow)
    outgoing.writeHead(answered.status, { 'content-type': 'application/json', ...answered.headers })
    outgoing.end(answered.body === undefined ? '' : JSON.stringify(answered.body))
  }

  #carryOut(asked: Asked): Answered {
    const { contract, answer, described = (path) => path, everywhere = [] } = this.#vendor
    const path = described(asked.path)
    const wrong = contract.request(asked.method, path, asked.query, asked.body)
    this.violations.push(...wrong)
    const answered = wrong.length > 0 ? { status: 400, body: { errors: wrong } } : answer(asked)
    if (wrong.length === 0 && !everywhere.includes(answered.status))
      this.violations.push(...contract.answer(asked.method, path, answered.status, answered.body))
    return answered
  }

  /** True once the connection of a write that is held was closed by whoever made it. */
  async #waits(moment: 'request' | 'answer', write: boolean, outgoing: http.ServerResponse): Promise<boolean> {
    const held = this.#held
    if (!held || !write || held.moment !== moment || --held.left > 0) return false
    this.#held = undefined
    const closed = once(outgoing, 'close')
    held.reached()
    await closed
    return true
  }
}

async function read(incoming: http.IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  const url = new URL(incoming.url ?? '/', 'http://double')
  const form = incoming.headers['content-type']?.includes('form-urlencoded')
  const body =
    text === '' ? undefined : form ? Object.fromEntries(new URLSearchParams(text)) : (JSON.parse(text) as unknown)
  const { method = 'GET', headers } = incoming
  return { method, path: url.pathname, query: url.searchParams, headers, body, text }
}
