import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Database, Session, SessionOptions } from '../../activities/postgres/connect.ts'
import type { PostgresLab } from './postgres-lab.ts'

/** Whatever database is looked at now: the suite has one connection, a connection leads to one database. */
export class Around implements Database {
  readonly place = 'the lab'
  readonly worker: Database['worker']
  readonly #lab: PostgresLab
  #open!: Database
  #made = 0

  constructor(lab: PostgresLab, worker: Database['worker'] = {}) {
    this.#lab = lab
    this.worker = worker
  }

  get name(): string {
    return this.#open.name
  }

  /** The name that `next` will give. */
  after(): string {
    return `shop_${this.#made + 1}`
  }

  async next(statements?: string): Promise<string> {
    const name = await this.#lab.database(statements)
    this.#made += 1
    this.#open = await this.#lab.connect(name, 'postgres', { worker: this.worker })
    return name
  }

  session<Result>(signal: AbortSignal, work: (session: Session) => Promise<Result>, options?: SessionOptions) {
    return this.#open.session(signal, work, options)
  }

  identity(signal: AbortSignal): Promise<string> {
    return this.#open.identity(signal)
  }

  environment(): Promise<Record<string, string>> {
    return this.#open.environment()
  }
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
