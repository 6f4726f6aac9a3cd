import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

/** Where a name leads to now: a server on loopback, and which instance that is. */
export interface Reached {
  port: number
  resourceId: string
}

const PAUSE = 15
const REFUSED = 150
const FIRST = 1_000

/** An application that writes one row after the other to whatever its database's name leads to, and never gives up. */
export class Application {
  /** Rows that were answered as committed, and by which instance. */
  readonly acknowledged = new Map<number, string>()
  /** Rows that were sent, whatever came of them. */
  readonly sent = new Map<number, string>()
  readonly #resolve: () => Reached | undefined
  readonly #password: string
  #next = FIRST
  #over = false
  #running: Promise<void> | undefined

  constructor(resolve: () => Reached | undefined, password: string) {
    this.#resolve = resolve
    this.#password = password
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#over = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      const reached = this.#resolve()
      if (reached) await this.#write(reached).catch(() => {})
      await pause(REFUSED)
    }
  }

  /** Writes until the connection breaks or the name leads elsewhere; it breaks when the database is fenced. */
  async #write({ port, resourceId }: Reached): Promise<void> {
    const login = { host: '127.0.0.1', port, database: 'shop', user: 'app', password: this.#password }
    const limits = { connectionTimeoutMillis: 2_000, query_timeout: 5_000 }
    const client = new pg.Client({ ...login, ...limits, application_name: 'shop' })
    client.on('error', () => {})
    try {
      await client.connect()
      while (!this.#over && this.#resolve()?.resourceId === resourceId) {
        const id = this.#next++
        this.sent.set(id, resourceId)
        await client.query('INSERT INTO orders VALUES ($1)', [id])
        this.acknowledged.set(id, resourceId)
        await pause(PAUSE)
      }
    } finally {
      // A goodbye to a server that is gone may never be answered.
      void client.end().catch(() => {})
    }
  }
}
