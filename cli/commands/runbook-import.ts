import { basename } from 'node:path'
import type { Format } from '../../exchange/import/index.ts'
import { EXIT } from '../exit.ts'
import { readInput } from '../files.ts'
import { diffLines, summaryLines } from '../render/imported.ts'
import { terminal } from '../terminal.ts'

export interface ImportOptions {
  format: Format | 'auto'
  output?: 'yaml' | 'json'
  diff?: boolean
}

/**
 * `unwind runbook import`: the document on stdout and what became of the lines on stderr; with `--diff` each line on
 * stdout instead. JSON holds both. Nothing of the file is run.
 */
export async function importFile(file: string, { format, output, diff = false }: ImportOptions): Promise<number> {
  const [{ importRunbook, knownBy }, { kinds }, { measurements }] = await Promise.all([
    import('../../exchange/import/index.ts'),
    import('../../activities/schemas.ts'),
    import('../../activities/checks/schemas.ts'),
  ])
  const name = file === '-' ? 'imported' : basename(file).replace(/\.[^.]*$/, '')
  const { text, ...made } = importRunbook(await readInput(file), { format, name, known: knownBy(kinds, measurements) })
  const out = terminal()
  if (output === 'json') out.print(JSON.stringify(made, null, 2))
  else if (diff) out.print(diffLines(made.findings))
  else process.stdout.write(text)
  if (output !== 'json') out.say(summaryLines(made.findings, made.needs))
  return EXIT.ok
}
