import { randomBytes } from 'node:crypto'
import type { Value } from './wire.ts'

/** A stretch of time in which an instance is in a state, and what is true once it is over. Milliseconds. */
export interface Stretch {
  status: string
  lasts: number
  /** Called when the stretch begins. */
  begins?: () => void
  /** The stretch is not over before this is: work that takes real time. */
  until?: Promise<unknown>
}

/** Where an instance's data lives: a real server, or nothing where only the control plane is looked at. */
export interface Store {
  /** Where its server listens, on loopback. */
  readonly port?: number
  /** A new store with everything that was committed up to that moment. */
  restore(at: Date): Promise<Store>
  stop(): Promise<void>
}

/** One database instance of the model. Its states follow one another by the clock; nothing runs in between. */
export class Instance {
  /** Never changes, whatever the instance is called (API_DBInstance, DbiResourceId: "Region-unique, immutable"). */
  readonly resourceId: string = `db-${randomBytes(13).toString('hex').toUpperCase()}`
  identifier: string
  /** The name that it is being renamed to. */
  becoming: string | undefined
  status = 'available'
  /** By name it can't be found at the moment; by resource id it can. */
  nameless = false
  pending: Value = {}
  /** Members of DBInstance that are set and read back as they are. */
  readonly settings: Value
  readonly tags: Map<string, string>
  readonly createdAt: Date
  store: Store | undefined
  deleted = false
  /** Changes with each write that the model accepted. */
  writes = 0
  #queue: (Stretch & { ends: number; over: boolean })[] = []

  constructor(identifier: string, settings: Value, tags: Map<string, string>, createdAt: Date) {
    this.identifier = identifier
    this.settings = settings
    this.tags = tags
    this.createdAt = createdAt
  }

  /** When the last of its states to come is over; 0 where none is. */
  get busyUntil(): number {
    return this.#queue.at(-1)?.ends ?? 0
  }

  /** Puts states behind those that are still to come; after the last of them the instance is available. */
  passThrough(now: number, stretches: Stretch[]): void {
    let at = this.#queue.at(-1)?.ends ?? now
    for (const stretch of stretches) {
      at += stretch.lasts
      const entry = { ...stretch, ends: at, over: stretch.until === undefined }
      stretch.until?.then(
        () => (entry.over = true),
        () => (entry.over = true),
      )
      this.#queue.push(entry)
    }
    const [first] = this.#queue
    if (first) this.#enter(first)
  }

  /** Brings the instance to where it is now. */
  advance(now: number): void {
    for (let [first] = this.#queue; first && first.ends <= now && first.over; [first] = this.#queue) {
      this.#queue.shift()
      const [next] = this.#queue
      if (next) this.#enter(next)
      else if (!this.deleted) this.status = 'available'
    }
  }

  #enter(stretch: Stretch): void {
    this.status = stretch.status
    const { begins } = stretch
    delete stretch.begins
    begins?.()
  }
}
