import { getRunbook, listRunbooks } from '../calls.ts'
import { connect } from '../client.ts'
import type { Format } from '../define/options.ts'
import type { ClientOptions } from '../client.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { problemLines } from '../render/lint.ts'
import { runbookRows } from '../render/runbook.ts'
import { terminal } from '../terminal.ts'

type Options = ClientOptions & { output?: Format }

/** `unwind runbook list`: the runbooks that the API reads. Files there that are none are told on stderr. */
export async function list({ output, ...options }: Options): Promise<number> {
  const listed = await listRunbooks(await connect(options))
  const out = terminal()
  await put(out, output, listed, () => runbookRows(listed.runbooks, output === 'wide'))
  if (!output) for (const { file, problems } of listed.broken) out.say(problemLines(file, problems))
  return EXIT.ok
}

/** `unwind runbook get`: one of them, as it stands now: YAML that can be kept as a file. */
export async function get(name: string, { output, ...options }: Options): Promise<number> {
  const { document, ...about } = await getRunbook(await connect(options), name)
  const out = terminal()
  if (output) await put(out, output, { ...about, document }, () => '')
  else {
    await put(out, 'yaml', document, () => '')
    out.say(`\nRevision ${about.revision}, ${about.reviewed ? 'reviewed' : 'not reviewed'}, from ${about.source}.`)
  }
  return EXIT.ok
}
