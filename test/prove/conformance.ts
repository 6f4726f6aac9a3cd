import { parseArgs } from 'node:util'
import { loadKubeConfig, open } from '../../activities/kubernetes/connect.ts'
import { startCluster } from '../../tools/kubernetes/cluster.ts'
import { installRollouts } from '../../tools/rollouts/server.ts'
import { rolloutsFixture } from '../rollouts/fixture.ts'
import { conformance } from '../support/conformance.ts'
import { until } from '../support/until.ts'
import { kubernetesFixture } from '../targets/kubernetes-fixture.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import type { Kind } from '../targets/kubernetes-manifests.ts'
import type { Where } from '../targets/kubernetes-place.ts'
import { others, proveOther } from './conformance/others.ts'
import { missingRights } from './conformance/rights.ts'

export const title = 'Every promise of a target, kept by each target on its real system'

export const describe =
  'Starts a Kubernetes control plane, or takes the one of --kubeconfig <path> [--context <name>]: there it works in a namespace of its own, which it deletes, or in the one of -n <name>, where it deletes what it made. --kinds deployment,statefulset,daemonset,rollout says of what: of all on its own control plane, of Deployments elsewhere, for a DaemonSet runs on every node, and Rollouts need the controller of Argo Rollouts. --targets kubernetes,git-revert,git-revert-by-pull-request,github-actions,argo-cd,argo-cd-by-window,argo-cd-switched-off says of which: all of them with its own control plane, Kubernetes elsewhere; the others need none of yours. --cases N runs the suite N times.'

interface Line {
  name: string
  passed: boolean
  detail?: string
}

const PREFIX = 'unwind-conformance'
/** How long deleted pods may take to be gone, in milliseconds. */
const CLEARING = 120_000

/** Runs the conformance suite. Reports one line per case; a case that fails says why. */
export async function prove(
  { cases, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const { where, kinds, targets } = read(args)
  const rounds = Math.max(1, cases)
  for (const [name, other] of Object.entries(others))
    for (let round = 0; targets.has(name) && round < rounds; round++) await proveOther(name, other, report)
  if (targets.has(KUBERNETES)) await proveKubernetes(where, kinds, rounds, report)
}

async function proveKubernetes(
  given: Where | undefined,
  kinds: readonly Subject[],
  rounds: number,
  report: (line: Line) => void,
): Promise<void> {
  const cluster = given ? undefined : await startCluster()
  const controller = cluster && kinds.includes('rollout') ? await installRollouts(cluster) : undefined
  try {
    const where = given ?? { kubeconfig: cluster?.kubeconfig ?? '' }
    await reachable(where)
    for (let round = 0; round < rounds; round++) await proveOnce(where, kinds, report)
  } finally {
    await controller?.stop()
    await cluster?.stop()
  }
}

async function proveOnce(where: Where, kinds: readonly Subject[], report: (line: Line) => void): Promise<void> {
  const lab = await openLab(where, PREFIX)
  const interrupt = onInterrupt()
  try {
    const withheld = await permitted(lab, kinds)
    const what = `${kinds.map((kind) => `${kind}s`).join(', ')} of registry.k8s.io/pause, a Secret, a ConfigMap, a ServiceAccount, a Role, a RoleBinding`
    const named = lab.named('') ? `, each called ${lab.named('')}…` : ''
    console.log(`works in namespace ${lab.namespace} of ${lab.connection.server}: makes ${what}${named}`)
    if (withheld.length > 0)
      console.log(`goes on without rights to ${withheld.join(', ')}, which the account can't grant`)
    for (const kind of kinds) {
      const fixture = kind === 'rollout' ? rolloutsFixture(lab) : kubernetesFixture(lab.of(kind), withheld)
      for (const { name, run } of conformance) {
        if (interrupt.asked()) throw new Error('interrupted')
        const failure = await run(fixture).then(() => undefined, reason)
        const line = `${kind === 'rollout' ? 'argo-rollouts' : 'kubernetes'}, of a ${kind}: ${name}`
        report({ name: line, passed: failure === undefined, ...(failure && { detail: failure }) })
      }
    }
  } finally {
    const failure = await clear(lab).then(() => undefined, reason)
    report({ name: 'nothing that was made is left', passed: !failure, ...(failure && { detail: failure }) })
    interrupt.forget()
  }
}

/** A clear first word where the cluster can't be had, before anything is made in it. */
async function reachable(where: Where): Promise<void> {
  await open(loadKubeConfig(where, 'the cluster'), 'the cluster').identity(AbortSignal.timeout(15_000))
}

/** A namespace or a right that is missing is told before the first object is made. Answers what can be done without. */
async function permitted({ ask, namespace }: Lab, kinds: readonly Subject[]): Promise<string[]> {
  const { rights, groups } = await missingRights(ask, namespace, kinds)
  if (rights.length > 0) throw new Error(`the account lacks rights in namespace ${namespace}: ${rights.join(', ')}`)
  const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: PREFIX } }
  await ask('POST', `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, probe)
  return groups
}

async function clear(lab: Lab): Promise<void> {
  await lab.close()
  await until(
    lab.left,
    (left) => left.length === 0,
    (left) => `still there: ${left?.slice(0, 20).join(', ')}`,
    CLEARING,
  )
}

/** Ctrl-C lets the case that runs end, so that nothing is made after the deletion; a second one ends at once. */
function onInterrupt(): { asked: () => boolean; forget: () => void } {
  let asked = false
  const note = () => {
    asked = true
    console.log('interrupted: this case ends, then what was made is deleted')
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, note)
  return {
    asked: () => asked,
    forget: () => {
      for (const signal of signals) process.off(signal, note)
    },
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What the suite is proven of. */
export type Subject = Kind | 'rollout'

const KINDS = ['deployment', 'statefulset', 'daemonset', 'rollout'] as const
const KUBERNETES = 'kubernetes'

interface Asked {
  where: Where | undefined
  kinds: readonly Subject[]
  targets: ReadonlySet<string>
}

function read(args: string[]): Asked {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args,
    options: { kubeconfig: text, context: text, namespace: { ...text, short: 'n' }, kinds: text, targets: text },
  })
  const { kubeconfig, context, namespace } = values
  if (!kubeconfig && (context || namespace))
    throw new Error('--context and -n need --kubeconfig <path>: no cluster is taken unasked')
  const where = kubeconfig ? { kubeconfig, ...(context && { context }), ...(namespace && { namespace }) } : undefined
  const all = where ? [KUBERNETES] : [...Object.keys(others), KUBERNETES]
  const targets = values.targets ? targetsOf(values.targets) : new Set(all)
  return { where, targets, kinds: values.kinds ? kindsOf(values.kinds) : where ? ['deployment'] : KINDS }
}

function kindsOf(text: string): Subject[] {
  return text.split(',').map((word) => {
    const kind = KINDS.find((known) => known === word)
    if (!kind) throw new Error(`--kinds takes ${KINDS.join(', ')}, not ${JSON.stringify(word)}`)
    return kind
  })
}

function targetsOf(text: string): Set<string> {
  const known = [...Object.keys(others), KUBERNETES]
  const strange = text.split(',').find((word) => !known.includes(word))
  if (strange === undefined) return new Set(text.split(','))
  throw new Error(`--targets takes ${known.join(', ')}, not ${JSON.stringify(strange)}`)
}
