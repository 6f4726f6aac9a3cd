import { startCluster } from '../../tools/kubernetes/cluster.ts'
import { roll } from '../support/dice.ts'
import { openLab } from '../targets/kubernetes-lab.ts'
import { attempt } from './kubectl/attempt.ts'

export const title = 'Takes back what kubectl rollout undo takes back, or differs as the guide says beforehand'

export const describe =
  'Starts a Kubernetes control plane, or takes the one of --kubeconfig <path>. Two twins live the same random life (applies, scales, pauses, failed rollouts, undos, pruned and renumbered revisions, two owners of one label), Deployments, StatefulSets and DaemonSets in turn; one is taken back by Unwind, the other by the real kubectl. Equal templates, or a difference that docs/guide/kubectl.md lists. --case N replays one.'

export const cases = 200

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** So many pairs of twins live at the same time. */
const LANES = 6

/** Reports one line per pair of twins. */
export async function prove(
  { cases: count, seed, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const given = argument(args, '--kubeconfig')
  const only = argument(args, '--case')
  const cluster = given === undefined ? await startCluster() : undefined
  const kubeconfig = given ?? cluster?.kubeconfig ?? ''
  const labs = [await openLab(kubeconfig, 'unwind-twin'), await openLab(kubeconfig, 'kubectl-twin')] as const
  const queue = only === undefined ? Array.from({ length: count }, (_, index) => index) : [Number(only) - 1]
  const lane = async () => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      const name = `case ${index + 1}`
      try {
        report({ name, passed: true, detail: await attempt(labs, roll(seed, index), index) })
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error)
        report({ name, passed: false, detail: `${said} (alone: --case ${index + 1})` })
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: LANES }, lane))
  } finally {
    for (const lab of labs) await lab.close()
    await cluster?.stop()
  }
}

function argument(args: readonly string[], name: string): string | undefined {
  const place = args.indexOf(name)
  return place < 0 ? undefined : args[place + 1]
}
