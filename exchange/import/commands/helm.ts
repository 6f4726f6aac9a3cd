import { durationOf, manual, type Recogniser, refused } from '../became.ts'
import { readFlags } from '../flags.ts'

const FLAGS = [
  'namespace|n=',
  'wait?',
  'wait-for-jobs',
  'timeout=',
  'cleanup-on-fail',
  'debug',
  'history-max=',
  'dry-run?',
]

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
  const flags = readFlags(rest, ...FLAGS, 'no-hooks', 'force', 'force-replace', 'recreate-pods', 'kube-context=')
  if (flags.has('dry-run')) return { as: 'look', with: 'helm', because: 'A plan is the dry run.' }
  if (flags.has('kube-context')) return manual('Which cluster it is must be a connection, not a flag.')
  const [release, revision] = flags.positional
  const odd = [...flags.unclear, ...['no-hooks', 'force', 'force-replace', 'recreate-pods'].filter(flags.has)]
  if (odd.length > 0) return manual(`What ${odd.join(' ')} would do is not part of the step.`)
  if (release === undefined || flags.positional.length > 2) return manual('It does not say which release.')
  const previous = flags.positional.length < 2 || revision === '0'
  if (!previous && revision === undefined) return manual('The revision is looked up while the script runs.')
  if (!previous && !/^\d{1,9}$|\{\{/.test(revision ?? '')) return manual(`${revision} is not a revision of Helm.`)
  const to = previous ? 'previous' : /^\d+$/.test(revision ?? '') ? Number(revision) : revision
  const [namespace, timeout] = [flags.values.get('namespace'), durationOf(flags.values.get('timeout'))]
  const because = previous
    ? 'Without a number Helm goes to the revision before, and a second time forward again; the plan resolves it once.'
    : undefined
  return {
    as: 'step',
    step: { kind: 'helm', release, ...(namespace !== undefined && { namespace }), to, ...(timeout && { timeout }) },
    object: `${namespace ?? ''}/${release}`,
    ...(because && { because }),
  }
}
