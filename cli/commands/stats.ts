import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { statsLines } from '../render/stats.ts'
import { getStats } from '../reports.ts'
import { terminal } from '../terminal.ts'

interface StatsOptions extends ApiOptions {
  service?: string
  weeks: number
  output?: Format
}

/** `unwind stats`: how rollbacks ended and how long they took, over all that the archive keeps. */
export async function stats({ service, weeks, output, ...options }: StatsOptions): Promise<number> {
  const client = await connect(options)
  const made = await getStats(client, { environment: options.environment, service, weeks })
  const out = terminal()
  if (made.all.runs === 0 && !output) out.say(`The archive has no rollback of the last ${weeks} weeks here.`)
  else await put(out, output, made, () => statsLines(made))
  if (made.truncated) out.say('More runs are kept than are read for one answer; the latest count.')
  return EXIT.ok
}
