import { type Command, Option } from 'commander'
import { type Ended, runs } from './options.ts'

/** `runbook test`: what a runbook does in cases that are written down, without touching anything. */
export function defineTest(runbook: Command, ended: Ended): void {
  runbook
    .command('test')
    .argument('<file...>', 'files of scenarios, each of which names its runbook')
    .description('Play scenarios of a runbook on the real engine, against systems in memory')
    .addOption(new Option('-c, --config <path>', 'keep the floors and names of this unwind.yaml (UNWIND_CONFIG)'))
    .option('--temporal <address>', 'use this dev server of Temporal; default: one of its own')
    .addOption(new Option('-o, --output <format>', 'write data instead of text').choices(['json', 'junit']))
    .addHelpText('after', EXAMPLES)
    .action(runs(ended, async () => (await import('../commands/runbook-test.ts')).test))
}

const EXAMPLES = `
Examples:
  unwind runbook test checkout.test.yaml
  unwind runbook test runbooks/*.test.yaml -c unwind.yaml -o junit > junit.xml

Exit code 9: a scenario ended otherwise than it expects.`
