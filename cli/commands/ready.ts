import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { readyLines } from '../render/ready.ts'
import { postReady } from '../reports.ts'
import { terminal } from '../terminal.ts'

interface ReadyOptions extends ApiOptions {
  output?: Format
}

/** `unwind ready`: plans every runbook and says what stands in the way; exit code 3 where something does. */
export async function ready(runbook: string | undefined, { output, ...options }: ReadyOptions): Promise<number> {
  const client = await connect(options)
  const { environment } = options
  const checked = await postReady(client, { ...(environment && { environment }), ...(runbook && { runbook }) })
  const out = terminal()
  if (checked.runbooks.length === 0 && !output) out.say('No runbook is to be checked here.')
  else await put(out, output, checked, () => readyLines(checked))
  if (checked.unchecked > 0) out.say(`${checked.unchecked} were left out because the time was up; check fewer at once.`)
  return checked.ready ? EXIT.ok : EXIT.refused
}
