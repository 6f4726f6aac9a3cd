import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Held, HoldingProxy } from './conformance-proxy.ts'

/** The server behind the proxy, and which statements change something there. */
export interface PostgresUpstream {
  /** Asked for each connection where it moves; undefined where nothing answers at the moment. */
  port: number | (() => number | undefined)
  isWrite(statement: string): boolean
  /** Decides about each statement before the server sees it: let through, never arrived, or done and its answer lost. */
  meddle?(statement: string): Promise<'dropped' | 'lost' | undefined>
}

/** A held write that came to nothing, as `release` tells it: its client is gone, so the server took it back. */
const TAKEN_BACK = 499

/**
 * A proxy before a real PostgreSQL on loopback, without TLS. A write is a transaction in which a statement changes
 * something: it is held at its BEGIN, before the server has seen anything of it, or at the answer to its COMMIT.
 */
export async function startPostgresProxy(upstream: PostgresUpstream): Promise<HoldingProxy> {
  const holding: Gate[] = []
  const sockets = new Set<Socket>()
  let [writes, off] = [0, false]
  const server = createServer((client) => {
    const port = typeof upstream.port === 'function' ? upstream.port() : upstream.port
    if (off || port === undefined) return void client.destroy()
    const backend = connect(port, '127.0.0.1')
    for (const socket of [client, backend]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    carry(client, backend, upstream, holding, () => writes++)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `postgresql://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes: () => writes,
    hold: (moment) => {
      const gate = new Gate(moment)
      holding.push(gate)
      return gate
    },
    cut: (now) => {
      off = now
      for (const socket of sockets) socket.destroy()
    },
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** One connection: statements go to the server one by one, and answers come back. */
function carry(
  client: Socket,
  backend: Socket,
  { isWrite, meddle }: PostgresUpstream,
  holding: Gate[],
  wrote: () => void,
) {
  let [gone, writing, severed] = [false, false, false]
  let answers: Gate | undefined
  const statement = async (text: string): Promise<void> => {
    const begins = text === 'BEGIN' || text === 'START TRANSACTION'
    if (begins && holding[0]?.moment === 'request') {
      const gate = holding.shift()
      await gate?.wait()
      if (gone) gate?.done(TAKEN_BACK)
    }
    if (begins) writing = false
    if (isWrite(text)) writing = true
    if (text === 'COMMIT' && writing && holding[0]?.moment === 'answer') answers = holding.shift()
  }
  const onFrontend = messages(1, async (type, body, whole) => {
    const text = type === 'Q' ? body.toString('utf8').replace(/\0$/, '') : type === 'P' ? parsed(body) : undefined
    const said = text?.replace(/;\s*$/, '')
    if (said !== undefined) await statement(said)
    const mishap = said === undefined || severed ? undefined : await meddle?.(said)
    severed ||= mishap === 'dropped'
    if (!severed) backend.write(whole)
    // What carries out a statement of the extended protocol was sent in the same breath, and still arrives.
    if (mishap) setImmediate(() => client.destroy())
  })
  const onBackend = messages(0, async (type, body, whole) => {
    const committed = type === 'C' && body.toString('utf8').startsWith('COMMIT') && writing
    if (committed) {
      wrote()
      answers?.done(200)
      await answers?.wait()
    }
    if (!gone) client.write(whole)
  })
  client.on('data', onFrontend.push)
  backend.on('data', onBackend.push)
  client.on('close', () => {
    gone = true
    // What the dead client had sent still arrives; then its end does.
    void onFrontend.idle().then(() => backend.end())
  })
  backend.on('close', () => client.destroy())
}

/** A Parse message: the name of the statement, a zero, its text, a zero. */
function parsed(body: Buffer): string {
  const start = body.indexOf(0) + 1
  return body.toString('utf8', start, body.indexOf(0, start))
}

type Take = (type: string, body: Buffer, whole: Buffer) => Promise<void>

/** Cuts a stream into messages and takes them one after the other. The first `plain` ones have no type before their length. */
function messages(plain: number, take: Take) {
  let [rest, untyped, chain] = [Buffer.alloc(0), plain, Promise.resolve()]
  return {
    push: (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const head = untyped > 0 ? 0 : 1
        if (rest.length < head + 4) return
        const size = head + rest.readUInt32BE(head)
        if (rest.length < size) return
        const whole = rest.subarray(0, size)
        rest = rest.subarray(size)
        if (untyped > 0) untyped -= 1
        const type = head === 0 ? '' : String.fromCharCode(whole[0] ?? 0)
        chain = chain.then(() => take(type, whole.subarray(head + 4), whole))
      }
    },
    idle: () => chain,
  }
}

class Gate implements Held {
  readonly moment: 'request' | 'answer'
  readonly reached: Promise<void>
  readonly #answered: Promise<number>
  readonly #opened: Promise<void>
  #arrive!: () => void
  #open!: () => void
  #answer!: (status: number) => void

  constructor(moment: 'request' | 'answer') {
    this.moment = moment
    this.reached = new Promise((resolve) => (this.#arrive = resolve))
    this.#opened = new Promise((resolve) => (this.#open = resolve))
    this.#answered = new Promise((resolve) => (this.#answer = resolve))
  }

  wait(): Promise<void> {
    this.#arrive()
    return this.#opened
  }

  done(status: number): void {
    this.#answer(status)
  }

  release(): Promise<number> {
    this.#open()
    return this.#answered
  }
}
