import { getHistory } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { placeOf } from '../place.ts'
import { revisionRows } from '../render/rows.ts'
import { terminal } from '../terminal.ts'

interface HistoryOptions extends ApiOptions {
  namespace?: string
  cluster?: string
  service?: string
  output?: Format
}

/** `unwind history`: what a workload could be taken back to, newest first. */
export async function history(workload: string, options: HistoryOptions): Promise<number> {
  const { namespace, cluster, output } = options
  const place = await placeOf(options.service ?? workload, options.environment)
  const client = await connect(options)
  const revisions = await getHistory(client, place, { kind: 'kubernetes', workload, namespace, cluster })
  const out = terminal()
  if (revisions.length === 0 && !output) out.say(`${workload} has no revision on record.`)
  else await put(out, output, { revisions }, () => revisionRows(revisions, Date.now(), output === 'wide'))
  return EXIT.ok
}
