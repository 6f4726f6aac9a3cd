import { OUTCOMES } from '../../model/run.ts'
import { listRollbacks } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { rollbackRows } from '../render/rows.ts'
import { terminal } from '../terminal.ts'

interface ListOptions extends ApiOptions {
  service?: string
  status?: string
  limit: number
  output?: Format
}

/** `unwind list`: the latest rollbacks, over all environments unless one is named. */
export async function list({ service, status, limit, output, ...options }: ListOptions): Promise<number> {
  const client = await connect(options)
  const outcome = OUTCOMES.find((known) => known === status)
  const filters = { environment: options.environment, service, ...(outcome ? { outcome } : { status }) }
  const rollbacks = await listRollbacks(client, filters, limit)
  const out = terminal()
  if (rollbacks.length === 0 && !output) out.say('No rollback is on record here.')
  else await put(out, output, { rollbacks }, () => rollbackRows(rollbacks, Date.now(), output === 'wide'))
  return EXIT.ok
}
