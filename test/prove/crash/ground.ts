import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { loadKubeConfig, pinOf } from '../../../activities/kubernetes/connect.ts'
import { loadConfiguration } from '../../../config/load.ts'
import type { Configuration } from '../../../model/configuration.ts'
import { startCluster } from '../../../tools/kubernetes/cluster.ts'
import { claimPort, releasePort } from '../../../tools/process/ports.ts'
import { answers } from '../../../tools/process/ready.ts'
import type { RunningProcess } from '../../../tools/process.ts'
import { installRollouts } from '../../../tools/rollouts/server.ts'
import { startTemporal, type TemporalServer } from '../../../tools/temporal/server.ts'
import { workflowBundle } from '../../support/bundle.ts'
import { type HoldingProxy, startProxy } from '../../support/conformance-proxy.ts'
import { kubeconfigOf } from '../../targets/kubernetes-accounts.ts'
import { type Lab, openLab } from '../../targets/kubernetes-lab.ts'
import type { PartCall } from './part.ts'
import { startPart } from './start-part.ts'

/** Everything real that a crash needs: Temporal on a file, a control plane, and a proxy between it and the worker. */
export interface Ground {
  temporal: TemporalServer
  client: Client
  lab: Lab
  proxy: HoldingProxy
  configuration: Configuration
  /** The workflow code that the workers run, and the file that it is in. */
  bundle: { code: string }
  bundleFile: string
  /** For configurations and logs; gone in the end. */
  folder: string
  /** Which write the proxy may hold: the server's dry run, or the change; the nth from now on and those after it. */
  watch(write: 'dry-run' | 'change', nth?: number): void
  /** SIGSTOP of the API server and, with `false`, SIGCONT. Only where the control plane is the ground's own. */
  freeze?: (off: boolean) => void
  startWorker(cache: boolean): Promise<RunningProcess>
  startApi(): Promise<RunningProcess & { url: string }>
  close(): Promise<void>
}

/** Starts it all. With a kubeconfig it works in a namespace of its own in that cluster, and starts none. */
export async function openGround(given?: string): Promise<Ground> {
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    return await open(given, closing, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function open(given: string | undefined, closing: (() => Promise<unknown>)[], close: () => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'unwind-crash-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  const cluster = given === undefined ? await startCluster() : undefined
  if (cluster) closing.push(() => cluster.stop())
  const controller = cluster && (await installRollouts(cluster))
  if (controller) closing.push(() => controller.stop())
  const lab = await openLab(given ?? cluster?.kubeconfig ?? '', 'unwind-crash')
  closing.push(() => lab.close())
  const temporal = await startTemporal({ ui: false })
  closing.push(() => temporal.stop())
  const connection = await Connection.connect({ address: temporal.address })
  closing.push(() => connection.close())
  const { proxy, watch } = await holding(lab)
  closing.push(() => proxy.stop())
  const port = await claimPort()
  closing.push(async () => releasePort(port))
  const config = join(folder, 'unwind.yaml')
  const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
  await writeFile(config, JSON.stringify(written(lab, { server: proxy.url, kubeconfig }, port)))
  const bundle = await workflowBundle()
  const bundleFile = join(folder, 'bundle.js')
  await writeFile(bundleFile, bundle.code)
  const started = (call: Pick<PartCall, 'part' | 'cache'>, ready: () => Promise<boolean>) =>
    startPart(folder, temporal.address, { ...call, config, bundle: bundleFile }, { ready })
  const url = `http://127.0.0.1:${port}`
  const ground: Ground = {
    temporal,
    client: new Client({ connection }),
    lab,
    proxy,
    configuration: (await loadConfiguration(config)).configuration,
    ...{ bundle, bundleFile, folder },
    watch,
    ...(cluster && { freeze: (off) => (off ? cluster.pauseApiServer() : cluster.resumeApiServer()) }),
    close,
    startWorker: (cache) => started({ part: 'worker', cache }, async () => true),
    startApi: async () =>
      Object.assign(await started({ part: 'api', cache: true }, () => answers(`${url}/healthz`)), { url }),
  }
  return ground
}

async function holding({ kubeconfig }: Lab): Promise<Pick<Ground, 'proxy' | 'watch'>> {
  const config = loadKubeConfig({ kubeconfig }, 'lab')
  const options: https.RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  let [dryRun, passing] = [false, 0]
  const proxy = await startProxy({
    url: new URL(config.getCurrentCluster()?.server ?? ''),
    options,
    isWrite: (method, path) =>
      /^(?:PATCH|DELETE)$/.test(method) && path.includes('dryRun=') === dryRun && passing-- <= 0,
  })
  return {
    proxy,
    watch: (write, nth = 1) => {
      dryRun = write === 'dry-run'
      passing = nth - 1
    },
  }
}

/** Steps go through the proxy, as `held`, unless they name the connection `direct`. */
function written({ kubeconfig, namespace }: Lab, held: { server: string; kubeconfig: string }, port: number): object {
  const shared = { kind: 'kubernetes', environment: 'test' }
  return {
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { test: { cluster: 'held', namespace } },
    connections: {
      held: { ...shared, server: held.server },
      direct: { ...shared, ...pinOf(loadKubeConfig({ kubeconfig }, 'direct'), 'direct') },
    },
    api: { port },
    worker: {
      credentials: { held: { kubeconfig: held.kubeconfig }, direct: { kubeconfig } },
      // A worker that is dead is noticed within so long.
      heartbeat: '2s',
    },
  }
}
