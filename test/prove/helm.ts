import { startCluster } from '../../tools/kubernetes/cluster.ts'
import { findBinaries } from '../../tools/find.ts'
import { roll } from '../support/dice.ts'
import { type HelmLab, openHelm } from '../targets/helm-lab.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { killed, POINTS, VICTIMS } from './helm/crash.ts'
import { historyOf, played } from './helm/history.ts'

export const title = 'A release goes back as helm rollback takes it back, whatever happened to it before'

export const describe =
  'Starts a Kubernetes control plane. Each of --cases N random histories is played on twins, by Helm 3 and 4 in turn; then Unwind takes one back and helm rollback the other, and what Helm keeps and what runs is compared. A difference has to stand in docs/guide/helm.md. Then, at ten points of its writes and for each way of applying, helm is killed with -9; its worker; worker and guard together, so that helm lives on. --only <words> takes the kills named so, and no history.'

export const cases = 60

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** Two namespaces of one cluster, with the same major of Helm. */
interface Twins {
  ours: HelmLab
  theirs: HelmLab
}

const WAYS = [
  { name: 'helm 3', major: 3, how: [] },
  { name: 'helm 4, on the server', major: 4, how: ['--server-side=true'] },
  { name: 'helm 4, on the client', major: 4, how: ['--server-side=false'] },
] as const

/** One line per history and per killed helm. */
export async function prove(
  { cases: count, seed, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  await findBinaries(['helm', 'helm3'])
  const cluster = await startCluster()
  const labs: Lab[] = []
  try {
    for (let index = 0; index < 2; index++) labs.push(await openLab(cluster.kubeconfig, 'unwind-helm'))
    const [first, second] = labs as [Lab, Lab]
    const twins = new Map<number, Twins>()
    for (const major of [3, 4] as const)
      twins.set(major, { ours: await openHelm(first, major), theirs: await openHelm(second, major) })
    const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined
    for (let index = 0; index < count && only === undefined; index++) {
      const way = WAYS[index % WAYS.length] ?? WAYS[0]
      const history = historyOf(roll(seed, index))
      const name = `history-${index}`
      await tell(`${name} (${way.name})`, report, () => played(twinsOf(twins, way.major), name, history, way))
    }
    for (const crash of crashes().filter(({ what }) => only === undefined || what.includes(only)))
      await tell(crash.what, report, () => killed(twinsOf(twins, crash.major), crash.name, crash.point, crash))
  } finally {
    for (const lab of labs) await lab.close()
    await cluster.stop()
  }
}

/** Every way of applying, every victim, every point. */
function crashes() {
  return WAYS.flatMap((way, first) =>
    VICTIMS.flatMap((victim, second) =>
      POINTS.map((point, third) => ({
        ...way,
        victim,
        point,
        name: `killed-${first}-${second}-${third}`,
        what: `${way.name}: ${victim} killed at write ${point.write}, ${point.moment === 'request' ? 'before' : 'after'} it was done`,
      })),
    ),
  )
}

function twinsOf(twins: ReadonlyMap<number, Twins>, major: number): Twins {
  const found = twins.get(major)
  if (!found) throw new Error(`no twins of Helm ${major}`)
  return found
}

async function tell(name: string, report: (line: Line) => void, work: () => Promise<string>): Promise<void> {
  try {
    report({ name, passed: true, detail: await work() })
  } catch (error) {
    report({ name, passed: false, detail: error instanceof Error ? error.message.slice(0, 3_000) : String(error) })
  }
}
