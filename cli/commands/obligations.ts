import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { obligationRows } from '../render/obligations.ts'
import { listObligations, postSettled } from '../reports.ts'
import { terminal } from '../terminal.ts'

interface ObligationsOptions extends ApiOptions {
  service?: string
  limit: number
  output?: Format
}

/** `unwind obligations`: what rollbacks that have ended left to be settled. */
export async function obligations({ service, limit, output, ...options }: ObligationsOptions): Promise<number> {
  const client = await connect(options)
  const followups = await listObligations(client, { environment: options.environment, service }, limit)
  const out = terminal()
  if (followups.length === 0 && !output) out.say('Nothing is owed here.')
  else await put(out, output, { followups }, () => obligationRows(followups, Date.now()))
  return EXIT.ok
}

/** `unwind obligations settle`: says that one of them is done. */
export async function settle(
  run: string,
  id: string,
  { note, ...options }: ApiOptions & { note?: string },
): Promise<number> {
  const client = await connect(options)
  const { obligations: owed, service, environment } = await postSettled(client, run, id, { ...(note && { note }) })
  const open = owed.filter(({ settled }) => !settled).map((each) => each.id)
  const rest = open.length > 0 ? `still open: ${open.join(', ')}` : 'nothing else is owed for it'
  terminal().say(`${id} of ${service} in ${environment} is settled; ${rest}.`)
  return EXIT.ok
}
