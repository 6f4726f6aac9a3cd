import { type Command, InvalidArgumentError } from 'commander'
import { address, api, duration, type Ended, output, runs, watching } from './options.ts'

/** `list`, `get`, `watch`, `history` and `report`: what only looks. */
export function defineLooks(program: Command, ended: Ended): void {
  program.commandsGroup('Looking:')
  api(
    output(program.command('list'))
      .description('List rollbacks, the latest first')
      .option('--service <name>', 'only of this service')
      .option('--status <status>', 'only in this phase or with this outcome')
      .option('--limit <n>', 'at most so many', count, 50)
      .action(runs(ended, async () => (await import('../commands/list.ts')).list)),
  )
  const get = program
    .command('get')
    .argument('[service]', 'service, or environment/service; without it, all are listed')
  api(
    watching(output(get), false)
      .description('Show the current or last rollback of a service')
      .option('--run <id>', 'an older run')
      .action(runs(ended, async () => (await import('../commands/get.ts')).get)),
  )
  const watch = program.command('watch').argument('<service>', 'service, or environment/service')
  api(
    output(watch, ['json'])
      .description('Watch a rollback until it has ended or needs a person')
      .option('--follow', 'watch on while it waits for a person, until it has ended')
      .option('--timeout <duration>', 'stop watching after that time, exit code 124', duration)
      .action(runs(ended, async () => (await import('../commands/get.ts')).watch)),
  )
  const history = program
    .command('history')
    .argument('<workload>', 'deployment/<name>, statefulset/<name> or daemonset/<name>')
  api(
    output(history)
      .description('List what a workload could be rolled back to')
      .option('-n, --namespace <name>', 'namespace; default: that of the environment')
      .option('--cluster <name>', 'connection; default: that of the environment')
      .option('--service <name>', 'service; default: the name of the workload')
      .action(runs(ended, async () => (await import('../commands/history.ts')).history)),
  )
  api(
    output(program.command('report').argument('<service>', 'service, or environment/service'), ['json', 'yaml'])
      .description('Print the report of a rollback as Markdown')
      .option('--run <id>', 'an older run')
      .option('--post-mortem <file>', 'write a post-mortem to this file, or its generated blocks anew')
      .action(runs(ended, async () => (await import('../commands/report.ts')).report)),
  )
  api(
    output(program.command('stats'), ['json', 'yaml'])
      .description('Show outcomes and times to decide, mitigate and recover over the archive')
      .option('--service <name>', 'only of this service')
      .option('--weeks <n>', 'how many weeks back (1 to 53)', count, 12)
      .action(runs(ended, async () => (await import('../commands/stats.ts')).stats)),
  )
  api(
    output(program.command('ready').argument('[runbook]', 'only this one'), ['json', 'yaml'])
      .description('Plan every runbook and change nothing: say what would stand in its way')
      .action(runs(ended, async () => (await import('../commands/ready.ts')).ready)),
  )
  defineObligations(program, ended)
}

function defineObligations(program: Command, ended: Ended): void {
  const obligations = program.command('obligations').enablePositionalOptions()
  api(
    output(obligations, ['json', 'yaml'])
      .description('List what is still owed after rollbacks, or settle it')
      .option('--service <name>', 'only of this service')
      .option('--limit <n>', 'at most so many rollbacks', count, 50)
      .action(runs(ended, async () => (await import('../commands/obligations.ts')).obligations)),
  )
  address(
    obligations
      .command('settle')
      .argument('<run>', 'run id of the rollback that left it owed')
      .argument('<obligation>', 'its id')
      .description('Say that it is settled')
      .option('--note <sentence>', 'kept with it')
      .action(runs(ended, async () => (await import('../commands/obligations.ts')).settle)),
  )
}

function count(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1 || n > 1_000) throw new InvalidArgumentError('Write a number from 1 to 1000.')
  return n
}
