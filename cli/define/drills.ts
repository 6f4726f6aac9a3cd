import type { Command } from 'commander'
import { api, type Ended, output, pair, runs } from './options.ts'

/** `drill`: rehearses the data steps of a runbook, now or from time to time. */
export function defineDrills(program: Command, ended: Ended): void {
  const drill = program
    .command('drill')
    .description('Rehearse the data steps of a runbook: start, stop, list or schedule drills')
  api(
    data(drilled(drill.command('start').argument('<runbook>', 'its name')))
      .description('Drill a runbook now: nothing that serves is touched, and what is made is taken away')
      .action(runs(ended, async () => (await import('../commands/drill.ts')).start)),
  )
  api(
    data(drill.command('list').argument('<service>', 'service, or environment/service'))
      .description('Show how the drills of a service ended; exit code 3 where none has passed for too long')
      .action(runs(ended, async () => (await import('../commands/drill.ts')).list)),
  )
  api(
    data(drill.command('stop').argument('<service>', 'service, or environment/service'))
      .description('End the drills of a service that run now; what they have made is taken away')
      .requiredOption('-r, --reason <sentence>', 'why; people read it in the result')
      .action(runs(ended, async () => (await import('../commands/drill.ts')).stop)),
  )
  api(
    data(drilled(drill.command('schedule').argument('<service>', 'service, or environment/service')))
      .description('Drill a service from time to time, with the runbook as it stands now')
      .option('--runbook <name>', 'default: the one called like the service')
      .option('--every <duration>', 'between two drills, at least 1h (default 7d)')
      .option('--off', 'no more')
      .action(runs(ended, async () => (await import('../commands/drill.ts')).schedule)),
  )
}

function drilled(command: Command): Command {
  return command
    .option('--procedure <name>', 'default: the first that begins with what can be drilled')
    .option('--param <name=value>', 'a parameter of the runbook; may be repeated', pair)
    .option('-r, --reason <sentence>', 'why; people read it in the result')
}

function data(command: Command): Command {
  return output(command, ['json', 'yaml'])
}
