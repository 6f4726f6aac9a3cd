import type { Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { runbookLines } from '../render/runbook.ts'
import { readRunbookFile } from '../runbook-file.ts'
import { terminal } from '../terminal.ts'

/** `unwind runbook show`: what a runbook says, with its revision, by which `runbooks.reviewed` names it. */
export async function show(file: string, { output }: { output?: Format }): Promise<number> {
  const { document, outline, revision } = await readRunbookFile(file)
  const shown = () => runbookLines({ document, outline, revision }, Math.min(process.stdout.columns ?? 100, 120))
  await put(terminal(), output, { revision, ...document }, shown)
  return EXIT.ok
}
