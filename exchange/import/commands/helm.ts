import { type DraftStep, durationOf, manual, type Recogniser, refused } from '../became.ts'
import { type Flags, readFlags } from '../flags.ts'

const FLAGS = [
  'namespace|n=',
  'wait?',
  'timeout=',
  'cleanup-on-fail',
  'debug',
  'history-max=',
  'dry-run?',
  'no-hooks?',
  'force-conflicts?',
  'kube-context=',
]
/** The step knows nothing of them: it neither waits for Jobs nor replaces objects. */
const FOREIGN = ['wait-for-jobs', 'force', 'force-replace', 'recreate-pods']

/** `helm rollback`, and what looks at releases. */
export const helm: Recogniser = (args) => {
  const at = args[0]?.startsWith('-') ? 2 : 0
  const verb = args[at]
  const rest = [...args.slice(0, at), ...args.slice(at + 1)]
  if (/^(history|hist|list|ls|status|get|diff|version|show|search)$/.test(verb ?? ''))
    return { as: 'look', with: 'helm', because: 'The plan shows the releases and what would change.' }
  if (verb === 'uninstall' || verb === 'delete' || verb === 'del' || verb === 'un')
    return refused(
      'helm uninstall removes the release with its history, so that nothing is left to go back to.',
      'Go back to an earlier revision: helm rollback <release> <revision>.',
    )
  if (verb !== 'rollback') return manual(`helm ${verb ?? ''} is no rollback that Unwind knows.`)
  const flags = readFlags(rest, ...FLAGS, ...FOREIGN)
  if (flags.has('dry-run')) return { as: 'look', with: 'helm', because: 'A plan is the dry run.' }
  if (flags.has('kube-context')) return manual('Which cluster it is must be a connection, not a flag.')
  const [release, revision] = flags.positional
  const settings = settingsOf(flags)
  const odd = [...flags.unclear, ...FOREIGN.filter(flags.has), ...settings.odd]
  if (odd.length > 0) return manual(`What ${odd.join(' ')} would do is not part of the step.`)
  if (release === undefined || flags.positional.length > 2) return manual('It does not say which release.')
  const previous = flags.positional.length < 2 || revision === '0'
  if (!previous && revision === undefined) return manual('The revision is looked up while the script runs.')
  if (!previous && !/^\d{1,9}$|\{\{/.test(revision ?? '')) return manual(`${revision} is not a revision of Helm.`)
  const to = previous ? 'previous' : /^\d+$/.test(revision ?? '') ? Number(revision) : revision
  const namespace = flags.values.get('namespace')
  const because = previous
    ? 'Without a number Helm goes to the revision before, and a second time forward again; the plan resolves it once.'
    : undefined
  return {
    as: 'step',
    step: { kind: 'helm', release, ...(namespace !== undefined && { namespace }), to, ...settings.fields },
    object: `${namespace ?? ''}/${release}`,
    ...(because && { because }),
  }
}

/**
 * What flags say as fields of the step, and those that say nothing known. --timeout bounds each hook and the wait, as `limit`
 * does; a bare --wait is the watcher of Helm 4 and the polling of Helm 3, as `wait: true` is.
 */
function settingsOf({ values }: Flags): { fields: Partial<DraftStep>; odd: string[] } {
  const on = (name: string) => values.has(name) && values.get(name) !== 'false'
  const [wait, timeout] = [values.get('wait'), values.get('timeout')]
  const waits = wait !== undefined && /^(?:true|watcher|legacy)$/.test(wait)
  const limit = durationOf(timeout)
  const odd = [
    ...(wait === undefined || waits || /^(?:false|hookOnly)$/.test(wait) ? [] : [`--wait=${wait}`]),
    ...(timeout === undefined || limit ? [] : [`--timeout ${timeout}`]),
  ]
  const fields = {
    ...(on('no-hooks') && { hooks: false }),
    ...(waits && { wait: true }),
    ...(on('force-conflicts') && { conflicts: 'force' }),
    ...(limit && { limit }),
  }
  return { fields, odd }
}
