import { loadKubeConfig, open } from '../../activities/targets/kubernetes/connect.ts'
import { startCluster } from '../../tools/kubernetes/cluster.ts'
import { conformance } from '../support/conformance.ts'
import { kubernetesFixture } from '../targets/kubernetes-fixture.ts'
import { openLab } from '../targets/kubernetes-lab.ts'

export const title = 'Every promise of a target, kept by each target on its real system'

export const describe =
  'Starts a Kubernetes control plane, or takes the one of --kubeconfig <path> (it works in a namespace of its own, which it deletes). --cases N runs the suite N times.'

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** Runs the conformance suite. Reports one line per case; a case that fails says why. */
export async function prove(
  { cases, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const given = kubeconfigIn(args)
  const cluster = given ? undefined : await startCluster()
  try {
    const kubeconfig = given ?? cluster?.kubeconfig ?? ''
    for (let round = 0; round < Math.max(1, cases); round++) await provePart(kubeconfig, report)
  } finally {
    await cluster?.stop()
  }
}

async function provePart(kubeconfig: string, report: (line: Line) => void): Promise<void> {
  await reachable(kubeconfig)
  const lab = await openLab(kubeconfig, 'unwind-conformance')
  try {
    const fixture = kubernetesFixture(lab)
    for (const { name, run } of conformance) {
      const failure = await run(fixture).then(() => undefined, reason)
      report({ name: `kubernetes: ${name}`, passed: failure === undefined, ...(failure && { detail: failure }) })
    }
  } finally {
    await lab.close()
  }
}

/** A clear first word where the cluster can't be had, before anything is made in it. */
async function reachable(kubeconfig: string): Promise<void> {
  await open(loadKubeConfig({ kubeconfig }, 'the cluster'), 'the cluster').identity(AbortSignal.timeout(15_000))
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function kubeconfigIn(args: string[]): string | undefined {
  const place = args.findIndex((arg) => arg === '--kubeconfig' || arg.startsWith('--kubeconfig='))
  if (place < 0) return undefined
  const value = args[place]?.split('=')[1] ?? args[place + 1]
  if (!value) throw new Error('--kubeconfig needs a path')
  return value
}
