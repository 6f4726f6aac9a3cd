import type { Command } from 'commander'
import { api, type Ended, output, pair, runs, several, watching } from './options.ts'

/** `plan`, `start` and `undo`: what sets a rollback going. */
export function defineRollbacks(program: Command, ended: Ended): void {
  program.commandsGroup('Rolling back:')
  const plan = output(
    asked(program.command('plan').argument('[workload]', 'deployment/<name>, statefulset/<name> or daemonset/<name>')),
    ['json', 'yaml', 'markdown'],
  )
    .description('Show what a rollback would do; changes nothing')
    .action(runs(ended, async () => (await import('../commands/plan.ts')).plan))
  api(plan)
  const start = output(
    asked(program.command('start').argument('[workload]', 'deployment/<name>, statefulset/<name> or daemonset/<name>')),
  )
    .description('Start a rollback and watch it')
    .option('--dry-run', 'only plan, as `unwind plan` does')
    .addHelpText('after', START_EXAMPLES)
    .action(runs(ended, async () => (await import('../commands/start.ts')).start))
  api(watching(start, true))
  const undo = output(program.command('undo').argument('<service>', 'service, or environment/service'))
    .description('Take the last rollback of a service back')
    .requiredOption('-r, --reason <sentence>', 'why')
    .option('--run <id>', 'an older run than the last')
    .option('--incident <id>', 'incident that it belongs to')
    .option('--accept <CODE>', 'accept a warning beforehand; may be repeated', several)
    .action(runs(ended, async () => (await import('../commands/undo.ts')).undo))
  api(watching(undo, true))
}

function asked(command: Command): Command {
  return command
    .option('-f, --file <path>', 'request as YAML or JSON; - reads stdin')
    .option('--runbook <name>', 'carry out this runbook instead of one step')
    .option('--param <name=value>', 'a parameter of the runbook; may be repeated', pair)
    .option('--answer <question=yes>', 'answer a question of the runbook beforehand; may be repeated', pair)
    .option('-n, --namespace <name>', 'namespace; default: that of the environment')
    .option('--to <revision>', 'previous, last-good, a revision number, an image, a tag or a digest')
    .option('-r, --reason <sentence>', 'why; people read it in the report')
    .option('--service <name>', 'service; default: the name of the workload')
    .option('--cluster <name>', 'connection; default: that of the environment')
    .option('--incident <id>', 'incident that it belongs to')
    .option('--accept <CODE>', 'accept a warning beforehand, such as UNVERIFIED_TARGET; may be repeated', several)
    .option('--soak <duration>', 'how long it must hold before it counts as recovered (default 10s)')
    .option('--resume', 'resume a paused Deployment in the same change')
}

const START_EXAMPLES = `
Examples:
  unwind start deployment/checkout -n shop --to previous --reason "Errors since v1.9"
  unwind start deployment/checkout -n shop --to v1.8 --reason "Errors since v1.9" --accept UNVERIFIED_TARGET
  unwind start --runbook checkout -e production --param release=v1.8 --reason "Errors since v1.9"
  unwind start -f rollback.yaml --no-watch -o json

It stops watching where a person is needed (exit code 8) and says what to type; --follow stays.
Ctrl-C leaves the rollback running.`
