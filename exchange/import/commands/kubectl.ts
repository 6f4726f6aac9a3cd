import { type Args, type Became, durationOf, manual, type Recogniser, refused } from '../became.ts'
import { type Flags, readFlags } from '../flags.ts'
import { argoRollouts } from './argo-rollouts.ts'

const GLOBAL = ['namespace|n=', 'context=', 'kubeconfig=', 'cluster=', 'user=', 'server|s=', 'v=', 'request-timeout=']
const LOOKS = /^(get|describe|logs|top|events|explain|version|cluster-info|api-resources|diff|wait|auth)$/
const CONTEXT = 'which cluster it is must be a connection of the configuration, not a flag'

/** `kubectl` and `oc`: what takes a workload back, what looks, and what destroys. */
export const kubectl: Recogniser = (args, around) => {
  const at = commandAt(args)
  const [verb, ...rest] = args.slice(at)
  const before = args.slice(0, at)
  if (verb === 'rollout') return rollout(rest[0], [...before, ...rest.slice(1)])
  if (verb === 'argo' && rest[0] === 'rollouts') return argoRollouts([...before, ...rest.slice(1)])
  if (verb === 'delete') return remove(rest)
  if (verb === 'exec') return manual('It runs a command inside a pod; a step asks the system from outside.')
  if (verb && LOOKS.test(verb)) return look(verb, rest, around.before('kubernetes'))
  if (verb === 'config' || verb === 'port-forward' || verb === 'proxy')
    return manual('It prepares the shell of whoever runs it; Unwind reaches clusters by its connections.')
  return verb === undefined ? undefined : manual(`kubectl ${verb} is no rollback that Unwind knows.`)
}

/** Where the command stands after the global flags. */
function commandAt(args: Args): number {
  let at = 0
  while (at < args.length && args[at]?.startsWith('-')) at += args[at]?.includes('=') ? 1 : 2
  return at
}

function rollout(verb: string | undefined, args: Args): Became {
  const flags = readFlags(args, ...GLOBAL, 'to-revision=', 'timeout=', 'watch|w?', 'dry-run?', 'revision=', 'output|o=')
  if (verb === 'history') return { as: 'look', with: 'kubernetes', because: 'The plan shows the revisions.' }
  const names = workloads(flags)
  if (typeof names === 'string') return manual(names)
  const [name = ''] = names
  const place = namespaceOf(flags)
  const object = `${place['namespace'] ?? ''}/${name}`
  if (verb === 'status') {
    const timeout = durationOf(flags.values.get('timeout'))
    const because = 'The step waits for the rollout and checks it; nothing has to be asked again.'
    if (names.length > 1) return manual('It waits for several workloads; a verification belongs to one step.')
    return { as: 'verification', kind: 'kubernetes', object, because, ...(timeout && { timeout }) }
  }
  if (verb !== 'undo') return manual(`kubectl rollout ${verb ?? ''} is no rollback that Unwind knows.`)
  if (flags.has('dry-run')) return { as: 'look', with: 'kubernetes', because: 'A plan is the dry run.' }
  if (flags.has('context') || flags.has('kubeconfig') || flags.has('cluster') || flags.has('server'))
    return manual(CONTEXT)
  if (flags.unclear.length > 0) return manual(`What ${flags.unclear.join(' ')} means here is not known.`)
  if (names.length > 1) return manual('It takes back several workloads at once; write one line for each.')
  const to = revision(flags.values.get('to-revision'))
  if (to === undefined) return manual('The revision is not a number or a variable.')
  const because = to === 'previous' ? PREVIOUS : undefined
  return { as: 'step', step: { kind: 'kubernetes', workload: name, ...place, to }, object, ...(because && { because }) }
}

const PREVIOUS =
  'As kubectl does, it goes to the revision before; the plan resolves it once, so a second run does not go forward again.'

/** As kubectl takes them, and as a step writes them. */
const WORKLOADS = /^(deploy|deployments?|sts|statefulsets?|ds|daemonsets?)(?:\.apps|\.v1\.apps)?\/([^/]+)$/
const LONG: Record<string, string> = { deploy: 'deployment', sts: 'statefulset', ds: 'daemonset' }

/** kind/name of each workload, or why that can't be said. */
function workloads({ positional, has, unclear }: Flags): string[] | string {
  if (has('filename') || unclear.some((flag) => /^(-f|-k|--filename|--kustomize|-l|--selector|--all)$/.test(flag)))
    return 'It names its workloads by file or selector, which only the cluster can resolve.'
  if (positional.includes(undefined)) return 'The workload is looked up while the script runs.'
  const words = positional.flatMap((word) => word ?? [])
  const pairs = words.some((word) => word.includes('/')) ? words : words.slice(1).map((name) => `${words[0]}/${name}`)
  if (pairs.length === 0) return 'It names no workload.'
  const found = pairs.map((pair) => WORKLOADS.exec(pair) ?? undefined)
  if (found.includes(undefined))
    return `Only Deployments, StatefulSets and DaemonSets are taken back by this step, not ${pairs.join(' ')}.`
  return found.map((match) => {
    const [, kind = '', name = ''] = match ?? []
    return `${LONG[kind] ?? kind.replace(/s$/, '')}/${name}`
  })
}

function namespaceOf({ values }: Flags): Record<string, string> {
  const namespace = values.get('namespace')
  return namespace === undefined ? {} : { namespace }
}

function revision(text: string | undefined): number | string | undefined {
  if (text === undefined || text === '0' || text === '') return 'previous'
  if (/^\d{1,9}$/.test(text)) return Number(text)
  return text.includes('{{') ? text : undefined
}

function remove(args: Args): Became {
  if (args.some((arg) => arg === '--all' || arg === '--all-namespaces' || arg === '-A'))
    return refused(
      'kubectl delete --all removes every object of that type, those that have nothing to do with it too.',
      'Name one object, and delete it by hand after the plan has shown what depends on it.',
    )
  if (args.some((arg) => /^(ns|namespaces?|pvc|persistentvolumeclaims?|pv|crds?)(\/|$)/.test(arg ?? '')))
    return refused(
      'Deleting a namespace, a volume or a definition destroys what no rollback brings back.',
      'Take the workload back instead, and leave volumes, namespaces and definitions where they are.',
    )
  return manual('Deleting is no rollback; whoever does it should know what comes back.')
}

function look(verb: string, args: Args, after: boolean): Became {
  const pods =
    verb === 'get' &&
    /^(po|pods?|deploy|deployments?|sts|statefulsets?|ds|daemonsets?|rs|replicasets?|controllerrevisions?|all)(\/|,|$)/.test(
      args[0] ?? '',
    )
  if (pods || verb === 'wait')
    return after
      ? { as: 'look', with: 'kubernetes', because: 'The step before checks its pods until they hold.' }
      : { as: 'look', with: 'kubernetes', because: 'The plan shows what is there.' }
  return manual(`kubectl ${verb} shows something that a person has to read.`)
}
