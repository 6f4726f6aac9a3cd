import { durationOf, manual, type Recogniser, refused } from '../became.ts'
import { readFlags } from '../flags.ts'

const GLOBAL = ['server=', 'auth-token=', 'grpc-web', 'insecure', 'plaintext', 'core', 'app-namespace|N=', 'project=']

/** `argocd app …`. */
export const argocd: Recogniser = (args, around) => {
  if (args[0] === 'login' || args[0] === 'context')
    return { as: 'look', with: 'argo-cd', because: 'The worker holds the credentials of its connections.' }
  if (args[0] !== 'app') return manual('It is no rollback that Unwind knows.')
  const verb = args[1]
  const flags = readFlags(
    args.slice(2),
    ...GLOBAL,
    'prune',
    'timeout=',
    'revision=',
    'health',
    'sync',
    'operation',
    'force',
    'sync-policy=',
  )
  const [application, id] = flags.positional
  if (/^(history|get|list|diff|logs|manifests|resources)$/.test(verb ?? ''))
    return { as: 'look', with: 'argo-cd', because: 'The plan shows history and difference.' }
  if (application === undefined) return manual('It does not say which application.')
  if (verb === 'wait')
    return { as: 'verification', kind: 'argo-cd', object: application, because: 'The step waits until it is healthy.' }
  if (verb === 'set' && flags.values.has('sync-policy'))
    return policy(flags.values.get('sync-policy'), around.before('argo-cd', application))
  if (verb === 'sync') return sync(application, flags.values.get('revision'), around.before('argo-cd', application))
  if (verb !== 'rollback') return manual(`argocd app ${verb ?? ''} has no step of its own.`)
  if (flags.unclear.length > 0) return manual(`What ${flags.unclear.join(' ')} means here is not known.`)
  if (flags.positional.length > 1 && id === undefined)
    return manual('The history id is looked up while the script runs.')
  if (id !== undefined && !/^\d{1,9}$|\{\{/.test(id)) return manual(`${id} is not an id of the history.`)
  const namespace = flags.values.get('app-namespace')
  const timeout = durationOf(flags.values.get('timeout'))
  const to = id === undefined || id === '0' ? 'previous' : /^\d+$/.test(id) ? Number(id) : id
  return {
    as: 'step',
    step: {
      ...{ kind: 'argo-cd', application, to },
      ...(namespace && { appNamespace: namespace }),
      ...(flags.has('prune') && { prune: true }),
      // Where auto-sync is off there is nothing to hold, and this changes nothing.
      hold: 'window',
      ...(timeout && { timeout }),
    },
    object: application,
  }
}

function policy(to: string | undefined, after: boolean): ReturnType<Recogniser> {
  if (to === 'none' || to === 'manual')
    return { as: 'look', with: 'argo-cd', because: 'The step holds auto-sync by itself, until Git agrees.' }
  if (!after) return manual('It changes the sync policy, which is no rollback.')
  return refused(
    'Auto-sync deploys what Git holds, as soon as it is on again: it brings the bad version back.',
    'Revert the commit in Git first; the argo-cd step gives auto-sync back once that is merged.',
  )
}

function sync(application: string, revision: string | undefined, after: boolean): ReturnType<Recogniser> {
  if (after)
    return refused(
      'A sync after the rollback applies what Git holds: it brings the bad version back.',
      'Revert the commit in Git first; the argo-cd step holds auto-sync until that is merged.',
    )
  if (revision === undefined) return manual('A sync applies what Git holds now, which is no rollback.')
  return { as: 'step', step: { kind: 'argo-cd', application, to: revision, hold: 'window' }, object: application }
}
