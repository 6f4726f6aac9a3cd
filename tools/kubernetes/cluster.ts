import { join } from 'node:path'
import { findBinaries, findBinary } from '../find.ts'
import { claimPort, releasePort } from '../process/ports.ts'
import { closeStateFolder, openStateFolder, type RunningProcess, type StateFolder } from '../process.ts'
import { run } from '../run.ts'
import { until } from '../wait.ts'
import { startApiServer, startControllers, startEtcd, startKwok, startScheduler } from './components.ts'
import { createIdentities, type Identities } from './identities.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { addNodes } from './nodes.ts'
import { asAdmin } from './request.ts'

/** Where a cluster keeps its files (a temporary folder unless given), and how many nodes it has (2 unless given). */
export interface ClusterOptions {
  stateDir?: string
  nodes?: number
}

/** A real control plane on 127.0.0.1 whose nodes and pods are played by kwok. It ends with this process. */
export interface Cluster {
  /** Path of a kubeconfig with all rights. */
  readonly kubeconfig: string
  /** URL of the API server. */
  readonly server: string
  /** SHA-256, in hex, of the DER of the cluster CA's certificate. */
  readonly caSha256: string
  /** Folder with logs, keys and data. */
  readonly stateDir: string
  /** Runs kubectl with all rights. Answers its stdout; rejects with its stderr. */
  kubectl(...args: string[]): Promise<string>
  /** Applies manifests (YAML or JSON text, or objects) by server-side apply. Answers kubectl's stdout. */
  apply(manifests: string | readonly object[]): Promise<string>
  /** Applies custom resource definitions (YAML texts), and resolves once objects of them can be made. */
  define(definitions: readonly string[]): Promise<void>
  /** Path of a kubeconfig that shows a fresh token, good for a day, of an existing service account. */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>
  /** kill -9 of the API server. Nothing answers until `restartApiServer`. */
  killApiServer(): Promise<void>
  /** Starts the API server on the same port and data, and waits until it is ready. */
  restartApiServer(): Promise<void>
  /** Stops the API server in its tracks: connections open, nothing answers. `resumeApiServer` lets it go on. */
  pauseApiServer(): void
  resumeApiServer(): void
  /** Ends every process and deletes the temporary folder. */
  stop(): Promise<void>
}

/** What a cluster is made of. kubectl is no part of it, and is found when it is called. */
export const CLUSTER_TOOLS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const

/** Starts a cluster, and resolves once its nodes take pods. If any part fails, nothing is left running. */
export async function startCluster({ stateDir, nodes = 2 }: ClusterOptions = {}): Promise<Cluster> {
  await findBinaries(CLUSTER_TOOLS)
  const folder = await openStateFolder('cluster', stateDir)
  const port = await claimPort()
  const server = `https://127.0.0.1:${port}`
  const started: RunningProcess[] = []
  const stop = async () => {
    await Promise.all(started.map((part) => part.stop()))
    releasePort(port)
    await closeStateFolder(folder)
  }
  try {
    const ids = await createIdentities(folder.path)
    const endpoint = { server, caFile: ids.ca }
    const kubeconfig = await writeKubeconfig(join(folder.path, 'kubeconfig'), endpoint, 'admin', ids.admin)
    const apiServer = await startParts(folder, ids, kubeconfig, port, nodes, started)
    return describe({ folder, ids, kubeconfig, server, apiServer, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(
  folder: StateFolder,
  ids: Identities,
  kubeconfig: string,
  port: number,
  nodes: number,
  started: RunningProcess[],
): Promise<RunningProcess> {
  const keep = async (starting: Promise<RunningProcess>) => {
    const part = await starting
    started.push(part)
    return part
  }
  const ask = asAdmin(`https://127.0.0.1:${port}`, ids)
  const etcd = await keep(startEtcd(folder))
  const apiServer = await keep(startApiServer(folder, ids, etcd, port, ask))
  const parts = [startKwok, startControllers, startScheduler].map((start) => keep(start(folder, ids, kubeconfig)))
  // All are waited for even if one fails, so that none starts after the others were stopped.
  const outcomes = await Promise.allSettled(parts)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  await addNodes(ask, nodes)
  return apiServer
}

interface Parts {
  folder: StateFolder
  ids: Identities
  kubeconfig: string
  server: string
  apiServer: RunningProcess
  stop: () => Promise<void>
}

function describe({ folder, ids, kubeconfig, server, apiServer, stop }: Parts): Cluster {
  const env = { KUBECONFIG: kubeconfig, KUBECACHEDIR: join(folder.path, 'kubectl-cache') }
  const kubectl = async (args: string[], input?: string) => {
    const options = input === undefined ? { env } : { env, input }
    return (await run(await findBinary('kubectl'), args, { ...options, within: 120_000 })).stdout
  }
  const apply: Cluster['apply'] = (manifests) =>
    kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], asText(manifests))
  return {
    ...{ kubeconfig, server, caSha256: ids.caSha256, stateDir: folder.path, apply },
    kubectl: (...args) => kubectl(args),
    define: async (definitions) => {
      await apply(definitions.join('\n---\n'))
      // kubectl gives up at once on a definition that has no conditions yet.
      const established = () => kubectl(['wait', '--for=condition=Established', '--all', 'crd', '--timeout=60s'])
      await until('the definitions to be served', established, { within: 60_000 })
    },
    serviceAccountKubeconfig: async (namespace, name) => {
      const token = await kubectl(['create', 'token', name, '--namespace', namespace, '--duration', '24h'])
      const path = join(folder.path, `kubeconfig-${namespace}-${name}`)
      return writeKubeconfig(path, { server, caFile: ids.ca }, `${namespace}-${name}`, { token: token.trim() })
    },
    killApiServer: () => apiServer.kill(),
    restartApiServer: () => apiServer.restart(),
    pauseApiServer: () => apiServer.pause(),
    resumeApiServer: () => apiServer.resume(),
    stop,
  }
}

function asText(manifests: string | readonly object[]): string {
  if (typeof manifests === 'string') return manifests
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests })
}
