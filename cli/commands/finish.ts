import type { Outcome } from '../../model/run.ts'
import { getRollback, type Place } from '../calls.ts'
import type { Client } from '../client.ts'
import type { WatchOptions } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import type { Terminal } from '../terminal.ts'
import { conclusion, watchRun } from '../watch.ts'

export interface FinishOptions extends WatchOptions {
  run?: string | undefined
  answered?: number | undefined
  after?: number | undefined
  /** The outcome that this command asks for, where that is not `recovered`. */
  wanted?: Outcome | undefined
  /** What is printed when nobody watches and data is asked for; the rollback itself unless given. */
  value?: unknown
}

/** The end of every command that sets a rollback going: watch it, print how it stands, answer the exit code. */
export async function finish(
  client: Client,
  place: Place,
  options: FinishOptions,
  out: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { watch, follow, run, answered, after, output } = options
  if (watch === false) {
    if (output) await put(out, output, options.value ?? (await getRollback(client, place, run)), () => '')
    return EXIT.ok
  }
  const watched = await watchRun(client, place, { through: follow === true, run, answered, after }, out, signal)
  const { rollback } = watched
  if (rollback && !signal.aborted) await put(out, output, rollback, () => conclusion(rollback))
  return rollback?.outcome !== undefined && rollback.outcome === options.wanted ? EXIT.ok : watched.exit
}
