import type { Place, Rollback } from './calls.ts'
import type { Client } from './client.ts'
import { EXIT, exitOfRun } from './exit.ts'
import { follow } from './follow.ts'
import { detachedBy } from './interrupt.ts'
import { sentence } from './render/tree.ts'
import { commandFor } from './render/words.ts'
import type { Terminal } from './terminal.ts'
import { openView } from './view.ts'

export interface WatchOptions {
  /** Stay while it waits for a person. */
  through: boolean
  /** The run to watch, so that a later one of the same service is not mistaken for it. */
  run?: string | undefined
  /** When the parking that was just answered began: seen once more, it is old news. */
  answered?: number | undefined
  /** The last event of the timeline that the reader has seen already. */
  after?: number | undefined
  /** Told of each record; what it answers is shown beneath the steps. */
  seen?: (rollback: Rollback) => string | undefined
}

/** How a watch ended: the exit code, and the last that was seen. */
export interface Watched {
  exit: number
  rollback?: Rollback
}

/** Shows a rollback until it has ended, needs a person, or the signal says to look away. */
export async function watchRun(
  client: Client,
  place: Place,
  options: WatchOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Watched> {
  const view = openView(terminal, options.after)
  let rollback: Rollback | undefined
  try {
    for await (const sighting of follow(client, place, options.run, signal)) {
      const aside = 'rollback' in sighting ? options.seen?.(sighting.rollback) : undefined
      view.show(sighting, aside)
      if (!('rollback' in sighting)) continue
      rollback = sighting.rollback
      const exit = settled(rollback, options)
      if (exit !== undefined) return { exit, rollback }
    }
  } finally {
    view.close()
  }
  return detached(place, rollback, terminal, signal)
}

/** What to say after a watch on stdout: one sentence. */
export function conclusion(rollback: Rollback, now = Date.now()): string {
  return sentence(rollback, now)
}

function settled(rollback: Rollback, { through, answered }: WatchOptions): number | undefined {
  const exit = exitOfRun(rollback)
  if (exit !== EXIT.needsPerson) return exit
  return through || (answered !== undefined && rollback.parked?.since === answered) ? undefined : exit
}

function detached(place: Place, rollback: Rollback | undefined, terminal: Terminal, signal: AbortSignal): Watched {
  const why = detachedBy(signal)
  if (why) {
    terminal.say(
      `\n${why === 'timeout' ? '--timeout has passed.' : 'Detached.'} The rollback of ${place.service} in ${place.environment} goes on.`,
    )
    terminal.say(`  Look again:  ${commandFor('watch', place)}`)
    terminal.say(`  End it:      ${commandFor('abort', place)}`)
  }
  return { exit: why === 'timeout' ? EXIT.timeout : EXIT.interrupted, ...(rollback && { rollback }) }
}
