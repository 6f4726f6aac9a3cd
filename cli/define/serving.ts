import { Option, type Command } from 'commander'
import { address, type Ended, runs } from './options.ts'

/** `init` to `demo`: what sets Unwind up and runs it. */
export function defineServing(program: Command, ended: Ended): void {
  program.commandsGroup('Setting up:')
  config(program.command('init'))
    .description('Look at a cluster, pin it and write unwind.yaml')
    .option('--kubeconfig <path>', 'kubeconfig; default: KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'context; default: the current one')
    .option('-n, --namespace <name>', 'namespace of the service', 'default')
    .option('-e, --environment <name>', 'name of the environment', 'production')
    .option('--cluster <name>', 'name of the connection; default: that of the environment')
    .option('--force', 'overwrite a file that is there')
    .action(runs(ended, async () => (await import('../commands/init.ts')).init))
  config(program.command('setup'))
    .description('Prepare Temporal and make signing keys; may be run again')
    .option('--keys', 'only the keys')
    .option('--folder <path>', 'where the keys go; default: the state folder')
    .action(runs(ended, async () => (await import('../commands/setup.ts')).setup))
  const token = program.command('token').description('Make tokens for unwind.yaml')
  token
    .command('new')
    .description('Print a new token (stdout) and its hash (stderr)')
    .action(runs(ended, async () => (await import('../commands/token.ts')).newToken))
  token
    .command('hash')
    .description('Print the hash of a token read from stdin')
    .action(runs(ended, async () => (await import('../commands/token.ts')).hashToken))
  defineProcesses(program, ended)
}

function defineProcesses(program: Command, ended: Ended): void {
  program.commandsGroup('Running:')
  config(program.command('server'))
    .description('Run everything on this machine: API, worker and a Temporal of its own')
    .option('--state <path>', 'folder for its files (UNWIND_STATE; default ~/.local/state/unwind)')
    .action(runs(ended, async () => (await import('../commands/server.ts')).server))
  config(program.command('api'))
    .description('Run the API in the foreground')
    .action(runs(ended, async () => (await import('../commands/processes.ts')).api))
  config(program.command('worker'))
    .description('Run a worker in the foreground')
    .action(runs(ended, async () => (await import('../commands/processes.ts')).worker))
  address(program.command('health'))
    .description('Say whether rollbacks can be carried out just now')
    .option('--live', 'only whether the API answers')
    .action(runs(ended, async () => (await import('../commands/health.ts')).health))
  program
    .command('demo')
    .description('Break a shop on a real control plane and roll it back, three times')
    .option('--incident', 'one incident instead: from the alert over a Slack button to the lock, with the time it took')
    .option('--once', 'end by itself; exit code 0 if every act ended as it should')
    .option('--kubeconfig <path>', 'use this cluster instead of one of its own')
    .option('--context <name>', 'context in that kubeconfig')
    .option('-y, --yes', 'do not ask before touching that cluster')
    .action(runs(ended, async () => (await import('../commands/demo.ts')).demo))
}

function config(command: Command): Command {
  return command.addOption(new Option('-c, --config <path>', 'unwind.yaml (UNWIND_CONFIG; default ./unwind.yaml)'))
}
