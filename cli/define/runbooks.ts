import { type Command, Option } from 'commander'
import { defineExport } from './exchange.ts'
import { defineImport } from './imports.ts'
import { defineTest } from './tests.ts'
import { address, type Ended, output, runs } from './options.ts'

/** `runbook`: the files of runbooks, on this machine and without an API; and what the API reads of them. */
export function defineRunbooks(program: Command, ended: Ended): void {
  program.commandsGroup('Runbooks:')
  const runbook = program.command('runbook').description('List runbooks; check, put in order and draw their files')
  output(runbook.command('lint').argument('<file...>', 'runbooks; - reads stdin'), ['json'])
    .description('Say what is wrong with runbooks, by line and column')
    .addOption(new Option('-c, --config <path>', 'check names against this unwind.yaml too (UNWIND_CONFIG)'))
    .action(runs(ended, async () => (await import('../commands/runbook-lint.ts')).lint))
  runbook
    .command('fmt')
    .argument('<file...>', 'runbooks; - reads stdin and writes stdout')
    .description('Put keys in order and lay lines out; comments stay')
    .option('--check', 'write nothing; exit code 2 where something would change')
    .action(runs(ended, async () => (await import('../commands/runbook-fmt.ts')).fmt))
  output(runbook.command('show').argument('<file>', 'a runbook; - reads stdin'), ['json', 'yaml'])
    .description('Show what a runbook says, with its revision')
    .action(runs(ended, async () => (await import('../commands/runbook-show.ts')).show))
  runbook
    .command('graph')
    .argument('<file>', 'a runbook; - reads stdin')
    .description('Draw the decision tree with the procedures that it chooses from')
    .addOption(new Option('-o, --output <format>', 'write a drawing as text instead').choices(['mermaid', 'json']))
    .action(runs(ended, async () => (await import('../commands/runbook-graph.ts')).graph))
  defineTest(runbook, ended)
  address(output(runbook.command('list')))
    .description('List the runbooks that the API reads')
    .action(runs(ended, async () => (await import('../commands/runbook-list.ts')).list))
  address(output(runbook.command('get').argument('<name>', 'name of a runbook'), ['json', 'yaml']))
    .description('Print a runbook that the API reads, as it stands now')
    .action(runs(ended, async () => (await import('../commands/runbook-list.ts')).get))
  defineExport(runbook, ended)
  defineImport(runbook, ended)
}
