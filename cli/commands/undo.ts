import { postUndo } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, WatchOptions } from '../define/options.ts'
import { detachable } from '../interrupt.ts'
import { placeOf } from '../place.ts'
import { terminal } from '../terminal.ts'
import { goOn, once } from './start.ts'

interface UndoOptions extends ApiOptions, WatchOptions {
  reason: string
  run?: string
  incident?: string
  accept?: string[]
}

/** `unwind undo`: takes the last rollback of a service back, as a rollback of its own. */
export async function undo(service: string, options: UndoOptions): Promise<number> {
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  const { reason, incident, accept, run } = options
  const body = { reason, ...(incident && { incident }), ...(accept && { accept }) }
  return detachable(options.timeout, async (signal) => {
    const started = await once(signal, (key) => postUndo(client, place, { body, key, run }, signal))
    return goOn(client, started, options, terminal(), signal)
  })
}
