import { getRollback, type Place, type Rollback } from '../calls.ts'
import { type Client, connect } from '../client.ts'
import type { ApiOptions, WatchOptions } from '../define/options.ts'
import { EXIT, exitOfRun } from '../exit.ts'
import { follow } from '../follow.ts'
import { detachable, detachedBy } from '../interrupt.ts'
import { put } from '../output.ts'
import { placeOf } from '../place.ts'
import { treeLines } from '../render/tree.ts'
import { rollbackRows } from '../render/rows.ts'
import { terminal } from '../terminal.ts'
import { finish } from './finish.ts'
import { list } from './list.ts'

interface GetOptions extends ApiOptions, WatchOptions {
  run?: string
}

/** `unwind get`: one rollback as it stands, or all; with `--watch` it goes on as `unwind watch` does. */
export async function get(service: string | undefined, options: GetOptions): Promise<number> {
  const { output } = options
  if (!service) return list({ ...options, limit: 50 })
  const place = await placeOf(service, options.environment)
  if (options.watch) return watch(service, options)
  const rollback = await getRollback(await connect(options), place, options.run)
  const out = terminal()
  const now = Date.now()
  if (output === 'wide') out.print(rollbackRows([rollback], now, true))
  else {
    const stale = rollback.stale ? { stale: 'No worker answers: this is what Temporal has on record.' } : {}
    const width = process.stdout.columns ?? Number.POSITIVE_INFINITY
    await put(out, output, rollback, () => treeLines({ run: rollback, now, width, frame: 0, ...stale }))
  }
  if (rollback.temporalUi && !output) out.say(`\nTemporal: ${rollback.temporalUi}`)
  return EXIT.ok
}

/** `unwind watch`: until it has ended or needs a person. With `-o json`, one line per change. */
export async function watch(service: string, options: GetOptions): Promise<number> {
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  const out = terminal()
  return detachable(options.timeout, async (signal) => {
    if (options.output === 'json') return stream(client, place, options, signal)
    return finish(client, place, { ...options, watch: true }, out, signal)
  })
}

async function stream(client: Client, place: Place, options: GetOptions, signal: AbortSignal): Promise<number> {
  const out = terminal()
  let last: Rollback | undefined
  for await (const sighting of follow(client, place, options.run, signal)) {
    if (!('rollback' in sighting)) continue
    last = sighting.rollback
    out.print(JSON.stringify(last))
    const exit = exitOfRun(last)
    if (exit !== undefined && !(exit === EXIT.needsPerson && options.follow)) return exit
  }
  return detachedBy(signal) === 'timeout' ? EXIT.timeout : EXIT.interrupted
}
