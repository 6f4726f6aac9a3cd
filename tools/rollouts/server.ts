import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBinary } from '../find.ts'
import type { Cluster } from '../kubernetes/cluster.ts'
import { closeStateFolder, openStateFolder, startProcess } from '../process.ts'
import { run } from '../run.ts'

/** The controller of Argo Rollouts of a cluster. It ends with this process. */
export interface RolloutsController {
  /** kill -9. Nothing reconciles until `restart`. */
  kill(): Promise<void>
  restart(): Promise<void>
  /** Stops it in its tracks: what is written stays unobserved. `resume` lets it go on. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** What it works with beside the cluster. */
export interface RolloutsOptions {
  /** The Prometheus that AnalysisTemplates ask which name no address of their own. */
  prometheus?: string
}

/** Its two ports can't be bound to one interface. */
async function startRolloutsController(
  kubeconfig: string,
  { prometheus }: RolloutsOptions = {},
): Promise<RolloutsController> {
  const command = await findBinary('rollouts-controller')
  const folder = await openStateFolder('rollouts-controller')
  const server = await startProcess({
    name: 'rollouts-controller',
    command,
    folder,
    ports: { healthz: undefined, metrics: undefined },
    ...(prometheus !== undefined && { env: { ARGO_ROLLOUTS_PROMETHEUS_ADDRESS: prometheus } }),
    args: ({ healthz, metrics }) => [
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      `--healthzPort=${healthz}`,
      `--metricsPort=${metrics}`,
      '--qps=500',
      '--burst=1000',
      '--loglevel=warn',
    ],
    ready: async ({ metrics }) => {
      const answer = await fetch(`http://127.0.0.1:${metrics}/metrics`, { signal: AbortSignal.timeout(2_000) })
      return (await answer.text()).includes('argo_rollouts_')
    },
    grace: 1000,
  })
  return {
    kill: () => server.kill(),
    restart: () => server.restart(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
  }
}

/** Gives a cluster the definitions and then the controller of Argo Rollouts. */
export async function installRollouts(cluster: Cluster, options: RolloutsOptions = {}): Promise<RolloutsController> {
  await cluster.define(await rolloutsDefinitions())
  return startRolloutsController(cluster.kubeconfig, options)
}

const MODULE = 'github.com/argoproj/argo-rollouts'
const DEFINITIONS = ['rollout', 'analysis-run', 'analysis-template', 'cluster-analysis-template', 'experiment'] as const

/** The custom resource definitions of Argo Rollouts as YAML texts, from the module that `go.mod` pins: it carries them. */
export async function rolloutsDefinitions(
  names: readonly (typeof DEFINITIONS)[number][] = DEFINITIONS,
): Promise<string[]> {
  const { stdout } = await run('go', ['mod', 'download', '-json', MODULE], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
    within: 300_000,
  })
  const folder = join((JSON.parse(stdout) as { Dir: string }).Dir, 'manifests', 'crds')
  return Promise.all(names.map((name) => readFile(join(folder, `${name}-crd.yaml`), 'utf8')))
}
