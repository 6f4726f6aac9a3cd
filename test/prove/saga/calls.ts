import type { Mishap } from '../../rds-model/server.ts'

/** One call of the saga: the last change before it, what it is, and which of its like since that change. */
export interface Call {
  system: 'aws' | 'sql'
  name: string
  /** Whether it changes something. */
  writes: boolean
  after: string
  nth: number
}

/** What happens to a call: undefined lets it through. */
export type Meddle = (call: Call) => Promise<Mishap | undefined>

/** Sees every call that a worker makes, in the order in which they come, and lets one thing be done to them. */
export class Watch {
  readonly seen: Call[] = []
  meddle: Meddle | undefined
  #after = 'the start'
  #counts = new Map<string, number>()
  #changes = new Map<string, number>()
  #waiting: (() => void)[] = []

  /** Notes a call and answers what becomes of it. */
  async meet(system: Call['system'], name: string, writes: boolean): Promise<Mishap | undefined> {
    const nth = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, nth)
    const call = { system, name, writes, after: this.#after, nth }
    this.seen.push(call)
    if (writes) this.#changed(name)
    return this.meddle?.(call)
  }

  /** Resolves with the next change that comes, or after so many milliseconds. */
  nextChange(within: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, within)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #changed(name: string): void {
    const count = (this.#changes.get(name) ?? 0) + 1
    this.#changes.set(name, count)
    this.#after = count > 1 ? `${name} (${count})` : name
    this.#counts.clear()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** Names that are the same in every run: what a run derives from its id is RUN, resource ids are who they belong to. */
export function plain(text: string, owner: (resourceId: string) => string): string {
  return text
    .replaceAll(/arn:aws:rds:[^:]*:[^:]*:\w+:/g, '')
    .replaceAll(/-(rb|old|pre)-[0-9a-f]{10}/g, '-$1-RUN')
    .replaceAll(/db-[0-9A-F]{26}/g, owner)
}

/** A statement in so many words that it can be told from others. */
export function words(statement: string): string {
  return statement.replaceAll(/\s+/g, ' ').trim().slice(0, 60)
}
