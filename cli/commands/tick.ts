import { getRollback, postAsked } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions } from '../define/options.ts'
import { CommandError, EXIT } from '../exit.ts'
import { placeOf } from '../place.ts'
import { terminal } from '../terminal.ts'

type TickOptions = ApiOptions & { note?: string }

/** `unwind tick`: ticks an item of the checklist. */
export async function tick(service: string, item: string, options: TickOptions): Promise<number> {
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  const { runId, checklist = [] } = await getRollback(client, place)
  const found = checklist.find(({ id }) => id === item)
  if (!found) {
    const known = checklist.map(({ id }) => id).join(', ') || 'nothing'
    throw new CommandError(EXIT.notFound, `The checklist has no item ${item}; it has ${known}.`)
  }
  const { note } = options
  await postAsked(client, place, 'tick', { item, ...(note && { note }) }, runId)
  terminal().say(`Ticked: ${found.text}`)
  return EXIT.ok
}
