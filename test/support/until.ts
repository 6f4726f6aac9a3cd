import { setTimeout as pause } from 'node:timers/promises'

/** Looks until it is so, every 25 ms and at most `limit` ms; then fails with what it saw last. */
export async function until<Seen>(
  look: () => Promise<Seen>,
  enough: (seen: Seen) => boolean,
  otherwise: (seen: Seen | undefined) => string,
  limit = 40_000,
): Promise<Seen> {
  const deadline = Date.now() + limit
  let seen: Seen | undefined
  for (;;) {
    seen = await look()
    if (enough(seen)) return seen
    if (Date.now() > deadline) throw new Error(`${otherwise(seen)} after ${limit} ms`)
    await pause(25)
  }
}
