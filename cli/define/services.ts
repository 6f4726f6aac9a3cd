import type { Command } from 'commander'
import { api, type Ended, output, runs, several } from './options.ts'

/** `release`, `may-deploy`, `lock` to `automation`: what concerns deploys, and what starts by itself. */
export function defineServices(program: Command, ended: Ended): void {
  program.commandsGroup('Deploys and releases:')
  defineReleases(program, ended)
  defineLocks(program, ended)
  defineAutomation(program, ended)
  defineProposals(program, ended)
}

function defineReleases(program: Command, ended: Ended): void {
  const release = program.command('release').description('Record what was deployed, or list it')
  api(named(release, 'record'))
    .description('Record a release, for CI after each deploy; the same one twice is one')
    .requiredOption('--release-version <version>', 'version, as people call it')
    .option('--image <reference>', 'an image with its digest; more than once', several)
    .option('--migration <name=hash>', 'a migration that it brought; more than once', several)
    .option('--configuration <name=hash>', 'hash of a piece of configuration; more than once', several)
    .option('--commit <hash>', 'commit in Git')
    .option('--healthy', 'the health check after the deploy has passed')
    .option('--no-healthy', 'the health check after the deploy has failed')
    .option('--started-at <time>', 'when the deploy began (RFC 3339)')
    .option('--deployed-at <time>', 'when it was finished; default: now')
    .option('--key <key>', 'idempotency key, such as the id of the CI job')
    .action(runs(ended, async () => (await import('../commands/release.ts')).record))
  api(output(named(release, 'list'), ['json', 'yaml']))
    .description('List what is recorded of a service')
    .action(runs(ended, async () => (await import('../commands/release.ts')).list))
  api(output(named(program, 'may-deploy'), ['json', 'yaml']))
    .description('Ask whether a service may be deployed now: exit code 0 is yes, 3 is no, no answer is no')
    .option('--release-version <version>', 'this version')
    .option('--image <reference>', 'this image; more than once', several)
    .action(runs(ended, async () => (await import('../commands/may-deploy.ts')).mayDeploy))
}

function defineLocks(program: Command, ended: Ended): void {
  api(named(program, 'lock'))
    .description('Lock deploys of a service')
    .requiredOption('-r, --reason <sentence>', 'why')
    .option('--until <time>', 'it falls by itself then (RFC 3339); default: somebody unlocks')
    .option('--enforce', 'have the cluster refuse the denied images as well')
    .option('-n, --namespace <name>', 'with --enforce: namespace; default: that of the environment')
    .option('--cluster <name>', 'with --enforce: connection; default: that of the environment')
    .action(runs(ended, async () => (await import('../commands/lock.ts')).lock))
  api(named(program, 'unlock'))
    .description('Take the lock away; denied versions stay denied')
    .requiredOption('-r, --reason <sentence>', 'why')
    .option('--allow <version>', 'no longer denied; more than once', several)
    .action(runs(ended, async () => (await import('../commands/lock.ts')).unlock))
  api(named(program, 'deny').argument('[version]', 'version that is recorded'))
    .description('Say that a version is not to be deployed')
    .requiredOption('-r, --reason <sentence>', 'why')
    .option('--image <reference>', 'an image; more than once', several)
    .action(runs(ended, async () => (await import('../commands/lock.ts')).deny))
}

function defineAutomation(program: Command, ended: Ended): void {
  const automation = program.command('automation').enablePositionalOptions()
  api(output(automation, ['json', 'yaml']))
    .description('Show what starts by itself, stop it or let it again')
    .action(runs(ended, async () => (await import('../commands/lock.ts')).readAutomation))
  for (const [word, text] of [
    ['stop', 'Stop everything that starts or goes on by itself'],
    ['go', 'Let it start by itself again'],
  ] as const)
    api(automation.command(word))
      .description(text)
      .requiredOption('-r, --reason <sentence>', 'why')
      .option('--service <name>', 'only of this service; default: the whole environment')
      .action(runs(ended, async () => (await import('../commands/lock.ts')).automation(word)))
}

function defineProposals(program: Command, ended: Ended): void {
  const proposal = program.command('proposal').description('Look at what a trigger proposes, and answer it')
  const one = (name: string) => named(proposal, name).argument('<episode>', 'id of the proposal, as its message says')
  api(output(one('get'), ['json', 'yaml']))
    .description('Show a proposal: its plan, and why it does not start by itself')
    .action(runs(ended, async () => (await import('../commands/proposal.ts')).get))
  api(one('accept'))
    .description('Start the rollback that is proposed')
    .option('--digest <digest>', 'only the plan with this digest (its first 8 digits or more)')
    .option('--note <sentence>', 'kept with it')
    .action(runs(ended, async () => (await import('../commands/proposal.ts')).accept))
  api(one('refuse'))
    .description('Refuse it, or veto what would start by itself')
    .option('--note <sentence>', 'kept with it')
    .action(runs(ended, async () => (await import('../commands/proposal.ts')).refuse))
}

function named(program: Command, name: string): Command {
  return program.command(name).argument('<service>', 'service, or environment/service')
}
