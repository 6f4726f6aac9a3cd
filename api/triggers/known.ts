import { UnwindError } from '../../model/errors.ts'

/** The most that is remembered; beyond it the oldest is forgotten, and asked of Temporal again. */
const MOST = 10_000
/** Calls to Temporal at once, and how many may wait for one; beyond that the sender has to come again. */
const AT_ONCE = 16
const WAITING = 500

/** Remembers what was done, and bounds what is under way. */
export interface Known {
  /**
   * Does the work once per key: who comes while it goes on waits for the same, who comes soon after has it already. Work
   * that fails is not remembered. Throws OVERLOADED where too much waits.
   */
  once(key: string, work: () => Promise<void>): Promise<void>
}

export function knownFor(span: number): Known {
  const known = new Map<string, { at: number; done: Promise<void> }>()
  const queue: (() => void)[] = []
  let busy = 0
  const turn = async () => {
    if (busy < AT_ONCE) {
      busy++
      return
    }
    if (queue.length >= WAITING)
      throw new UnwindError('OVERLOADED', 'more alerts come than can be taken; send this one again in a moment')
    await new Promise<void>((resolve) => queue.push(resolve))
  }
  const leave = () => {
    const next = queue.shift()
    // Whoever waits takes over the place.
    if (next) next()
    else busy--
  }
  return {
    once(key, work) {
      const before = known.get(key)
      if (before && Date.now() - before.at < span) return before.done
      const done = turn().then(() => work().finally(leave))
      const entry = { at: Date.now(), done }
      known.delete(key)
      known.set(key, entry)
      done.catch(() => {
        if (known.get(key) === entry) known.delete(key)
      })
      const [oldest] = known.keys()
      if (known.size > MOST && oldest !== undefined) known.delete(oldest)
      return done
    },
  }
}
