import { type Args, type Became, type DraftStep, durationOf, manual } from '../became.ts'
import { type Flags, readFlags } from '../flags.ts'

const GLOBAL = ['namespace|n=', 'context=', 'kubeconfig=', 'cluster=', 'user=', 'server|s=', 'v=', 'request-timeout=']
const LOOKS = new Set(['get', 'list', 'lint', 'version', 'dashboard', 'notifications', 'completion'])

/** kubectl's plugin for Argo Rollouts, by either of its names: what stands behind `kubectl argo rollouts`. */
export function argoRollouts(args: Args): Became {
  const flags = readFlags(args, ...GLOBAL, 'to-revision=', 'timeout|t=', 'watch|w?', 'full', 'no-color')
  const [verb, ...words] = flags.positional
  if (verb !== undefined && LOOKS.has(verb)) return { as: 'look', with: 'argo-rollouts', because: 'The plan shows it.' }
  // `retry` is also of Experiments.
  const kind = verb === 'retry' ? words[0] : 'rollout'
  const [written, ...more] = verb === 'retry' ? words.slice(1) : words
  if (!/^(ro|rollouts?)$/.test(kind ?? '')) return manual(`kubectl argo rollouts retry ${kind ?? ''} is of no Rollout.`)
  const name = written?.replace(/^(ro|rollouts?)\//, '')
  if (name === undefined || flags.unclear.length > 0) return manual('Its arguments are not clear.')
  if (more.length > 0) return manual('It names several Rollouts at once; write one line for each.')
  if (['context', 'kubeconfig', 'cluster', 'server'].some(flags.has))
    return manual('which cluster it is must be a connection of the configuration, not a flag')
  return ofRollout(verb, name, flags)
}

function ofRollout(verb: string | undefined, name: string, { values, has }: Flags): Became {
  const place = values.get('namespace')
  const object = `${place ?? ''}/${name}`
  const rollout = { kind: 'argo-rollouts', rollout: name, ...(place !== undefined && { namespace: place }) }
  const step = (fields: object, because?: string): Became => {
    const draft: DraftStep = { ...rollout, ...fields }
    const { action } = draft
    // An abort and the undo after it are both meant; two undos would go back twice.
    const moved = typeof action === 'string' ? `${object} ${action}` : object
    return { as: 'step', step: draft, object: moved, ...(because && { because }) }
  }
  if (verb === 'status') {
    const timeout = durationOf(values.get('timeout'))
    const because = 'The step waits for the Rollout to be Healthy; nothing has to be asked again.'
    return { as: 'verification', kind: 'argo-rollouts', object, because, ...(timeout && { timeout }) }
  }
  if (verb === 'undo') {
    const to = revision(values.get('to-revision'))
    return to === undefined ? manual('The revision is not a number or a variable.') : step({ to })
  }
  if (verb === 'abort') return step({ action: 'abort' }, ABORT)
  if (verb === 'retry') return step({ action: 'retry' })
  if (verb === 'promote' && has('full')) return step({ action: 'promote-full' }, PROMOTE)
  if (verb === 'promote')
    return manual('It takes one step of an update further, which is for a person who looks at it.')
  return manual(`kubectl argo rollouts ${verb ?? ''} has no step of its own.`)
}

const ABORT =
  'An abort leaves the new template in the spec: let an undo to stable follow, or the next change deploys it.'
const PROMOTE = 'It skips what is left of steps, pauses and analysis; the plan asks to confirm that.'

function revision(text: string | undefined): number | string | undefined {
  if (text === undefined || text === '0' || text === '') return 'previous'
  if (/^\d{1,9}$/.test(text)) return Number(text)
  return text.includes('{{') ? text : undefined
}
