import { getHistory } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { placeOf } from '../place.ts'
import { releaseRows } from '../render/releases.ts'
import { revisionRows } from '../render/rows.ts'
import type { Line } from '../render/span.ts'
import { terminal } from '../terminal.ts'

interface HistoryOptions extends ApiOptions {
  namespace?: string
  cluster?: string
  service?: string
  output?: Format
}

/** `unwind history`: what a workload could be taken back to, and what is recorded of its service, newest first. */
export async function history(workload: string, options: HistoryOptions): Promise<number> {
  const { namespace, cluster, output } = options
  const place = await placeOf(options.service ?? workload, options.environment)
  const client = await connect(options)
  const { revisions, releases } = await getHistory(client, place, { kind: 'kubernetes', workload, namespace, cluster })
  const out = terminal()
  const rows = () => {
    const recorded = releaseRows(releases, Date.now())
    const gap: Line[] = recorded.length > 0 ? [[['plain', '']]] : []
    return [...revisionRows(revisions, Date.now(), output === 'wide'), ...gap, ...recorded]
  }
  if (revisions.length === 0 && releases.length === 0 && !output) out.say(`${workload} has no revision on record.`)
  else await put(out, output, { revisions, releases }, rows)
  return EXIT.ok
}
