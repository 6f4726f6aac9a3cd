import { setTimeout as pause } from 'node:timers/promises'

/** How long to wait at most, and how long between two looks, in ms. */
export interface Patience {
  within: number
  every?: number
}

/**
 * Looks again and again until `look` answers something other than `false` or `undefined`, and answers that. Rejects
 * when the time is up, saying what was waited for and, if the last look failed, why. Never waits without a limit.
 */
export async function until<Seen>(
  what: string,
  look: () => Promise<Seen | false | undefined> | Seen | false | undefined,
  { within, every = 50 }: Patience,
): Promise<Seen> {
  const end = Date.now() + within
  for (;;) {
    let trouble: unknown
    try {
      const seen = await look()
      if (seen !== false && seen !== undefined) return seen
    } catch (error) {
      if (error instanceof Hopeless) throw error
      trouble = error
    }
    if (Date.now() >= end) throw new Error(`waited ${within / 1000} s for ${what}`, { cause: trouble })
    await pause(every)
  }
}

/** Thrown by a look of `until` that knows that waiting longer is of no use. */
export class Hopeless extends Error {}
