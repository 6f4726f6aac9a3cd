import type { Linted } from '../../config/runbooks/lint.ts'
import type { Surroundings } from '../../model/runbook/step-problems.ts'
import { EXIT } from '../exit.ts'
import { readInput } from '../files.ts'
import { put } from '../output.ts'
import { orderLines, problemLines } from '../render/lint.ts'
import { terminal } from '../terminal.ts'

export interface LintOptions {
  config?: string
  output?: 'json'
}

/** `unwind runbook lint`: what is wrong, as `file:line:column: …`; without any of it, what the expressions will read. */
export async function lint(files: readonly string[], { config, output }: LintOptions): Promise<number> {
  const [{ lintRunbook }, { RunbookDocument }] = await Promise.all([
    import('../../config/runbooks/lint.ts'),
    import('../../activities/runbook.ts'),
  ])
  const around = await surroundings(config)
  const linted: (Omit<Linted, 'runbook'> & { file: string })[] = []
  for (const file of files) {
    const { problems, expressions } = lintRunbook(await readInput(file), RunbookDocument, around)
    linted.push({ file, problems, expressions })
  }
  const out = terminal()
  const wrong = linted.filter(({ problems }) => problems.length > 0)
  const fine = linted.filter(({ problems }) => problems.length === 0)
  if (output || wrong.length > 0)
    await put(out, output, linted, () => wrong.flatMap(({ file, problems }) => problemLines(file, problems)))
  if (!output && fine.length > 0) out.say(fine.flatMap(({ file, expressions }) => orderLines(file, expressions)))
  return wrong.length > 0 ? EXIT.usage : EXIT.ok
}

/** What a configuration knows. Without one, names of channels, connections and queries are taken as they are. */
async function surroundings(config: string | undefined): Promise<Surroundings> {
  const named = config ?? process.env['UNWIND_CONFIG']
  if (!named) return {}
  const [{ loadConfiguration }, { surroundingsOf }, { measurements }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../model/runbook/loaded.ts'),
    import('../../activities/checks/schemas.ts'),
  ])
  const { configuration } = await loadConfiguration(named)
  return surroundingsOf(configuration, measurements)
}
