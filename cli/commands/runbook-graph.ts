import { EXIT } from '../exit.ts'
import { graphLines } from '../render/graph.ts'
import { readRunbookFile } from '../runbook-file.ts'
import { terminal } from '../terminal.ts'

/** `unwind runbook graph`: the decision tree and the procedures, drawn for the terminal or as Mermaid. */
export async function graph(file: string, { output }: { output?: 'mermaid' | 'json' }): Promise<number> {
  const { outline } = await readRunbookFile(file)
  const out = terminal()
  if (output === 'json') out.print(JSON.stringify(outline, null, 2))
  else if (output === 'mermaid') out.print((await import('../../model/runbook/mermaid.ts')).mermaid(outline))
  else out.print(graphLines(outline, Math.min(process.stdout.columns ?? 100, 120)))
  return EXIT.ok
}
