import { type Command, Option } from 'commander'
import { type Ended, runs } from './options.ts'

/** How a source may be written: the formats of `exchange/import`, named here too so that `--help` loads nothing of it. */
const IMPORT_FORMATS = ['auto', 'runbook', 'markdown', 'github-actions', 'shell']

/** `runbook import`: a runbook as people have it. */
export function defineImport(runbook: Command, ended: Ended): void {
  runbook
    .command('import')
    .argument('<file>', 'a script, a workflow, Markdown or a runbook in YAML; - reads stdin')
    .description('Make a runbook of it; nothing of the file is run')
    .addOption(new Option('--format <format>', 'how it is written').choices(IMPORT_FORMATS).default('auto'))
    .addOption(
      new Option('-o, --output <format>', 'yaml, or json with what became of each line').choices(['yaml', 'json']),
    )
    .option('--diff', 'show what became of each line instead')
    .action(runs(ended, async () => (await import('../commands/runbook-import.ts')).importFile))
}
