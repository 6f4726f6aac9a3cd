import { LogChannel } from '../../model/channels.ts'
import { defineChannel } from './channel.ts'

/** How many keys are remembered, so that a message that is told again is written once. */
const REMEMBERED = 1_000
const told = new Set<string>()

/** Writes one JSON line per message on stderr, where a collector of logs finds it. */
export const log = defineChannel({
  schema: LogChannel,
  async upsert(key, { event, text, service, environment }) {
    if (told.has(key)) return undefined
    told.add(key)
    const [oldest] = told
    if (told.size > REMEMBERED && oldest !== undefined) told.delete(oldest)
    const at = new Date().toISOString()
    process.stderr.write(`${JSON.stringify({ unwind: 'message', at, event, environment, service, text, key })}\n`)
    return undefined
  },
})
