import { type Command, Option } from 'commander'
import { address, type Ended, runs } from './options.ts'

/** The forms of `exchange/export`, named here too so that `--help` loads nothing of it; a test compares them. */
export const EXPORT_FORMS = ['script', 'checklist', 'github-actions', 'prometheus', 'analysis-template']

/** `runbook export`: runbooks in other forms. */
export function defineExport(runbook: Command, ended: Ended): void {
  const config = new Option('-c, --config <path>', 'take addresses from this unwind.yaml (UNWIND_CONFIG)')
  const environment = new Option('-e, --environment <name>', 'environment; default: the only one').env(
    'UNWIND_ENVIRONMENT',
  )
  const form = new Option('--as <form>', 'what to make of it').choices(EXPORT_FORMS).makeOptionMandatory()
  address(runbook.command('export').argument('<runbook>', 'a file, - for stdin, or the name of one that the API reads'))
    .description('Write a runbook as a break-glass script, a checklist, a workflow, alerts or an analysis')
    .addOption(form)
    .addOption(environment)
    .addOption(config)
    .addHelpText('after', EXAMPLES)
    .action(runs(ended, async () => (await import('../commands/runbook-export.ts')).exportAs))
}

const EXAMPLES = `
Examples:
  unwind runbook export checkout.yaml --as script -e production -c unwind.yaml > checkout.sh
  unwind runbook export checkout --as github-actions > .github/workflows/rollback-checkout.yml`
