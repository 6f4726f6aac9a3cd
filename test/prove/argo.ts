import { parseArgs } from 'node:util'
import { HOLDS } from '../../activities/targets/argo-cd/schema.ts'
import { milliseconds } from '../../model/duration.ts'
import { startArgo } from '../../tools/argocd/server.ts'
import { startCluster } from '../../tools/kubernetes/cluster.ts'
import { startTemporal } from '../../tools/temporal/server.ts'
import { ACCOUNTS } from '../support/argo-setup.ts'
import { type Ground, openGround } from './argo/ground.ts'
import { held } from './argo/ours.ts'
import { recipe } from './argo/theirs.ts'

export const title = 'A rollback of Argo CD that holds, beside the usual recipe that brings the bad version back'

export const describe =
  'Starts a control plane, Argo CD, git and a Temporal. The usual recipe (rollback, then sync) is shown on one application; others, with auto-sync and self-heal on, are taken back by Unwind with each kind of hold, watched for --for 5m, and let go once Git agrees.'

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** One line for the recipe and for each hold, `cases` times. */
export async function prove(
  { cases, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const { values } = parseArgs({ args, options: { for: { type: 'string', default: '5m' } } })
  const cluster = await startCluster()
  const servers: { stop(): Promise<void> }[] = [cluster]
  try {
    const argo = await startArgo(cluster, ACCOUNTS)
    servers.push(argo)
    const temporal = await startTemporal({ ui: false })
    servers.push(temporal)
    const ground = await openGround({ ...argo, kubeconfig: cluster.kubeconfig, temporalAddress: temporal.address })
    try {
      for (let round = 0; round < cases; round++) await sideBySide(ground, milliseconds(values.for), report)
    } finally {
      await ground.close()
    }
  } finally {
    for (const server of servers.toReversed()) await server.stop()
  }
}

/** The recipe first, then all holds at the same time: each is watched for that long, in milliseconds. */
export async function sideBySide(ground: Ground, duration: number, report: (line: Line) => void): Promise<void> {
  const tried = async (name: string, work: () => Promise<string>) => {
    const failed = (error: unknown) => ({
      passed: false,
      detail: error instanceof Error ? error.message : String(error),
    })
    report({ name, ...(await work().then((detail) => ({ passed: true, detail }), failed)) })
  }
  await tried('rollback, then sync: the bad version is back', () => recipe(ground.lab))
  await Promise.all(HOLDS.map((hold) => tried(`hold: ${hold}`, () => held(ground, hold, duration))))
}
