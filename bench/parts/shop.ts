import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeys } from '../../config/keys.ts'
import { type Cluster, startCluster } from '../../tools/kubernetes/cluster.ts'
import { claimPort, releasePort } from '../../tools/process/ports.ts'
import { answers } from '../../tools/process/ready.ts'
import { startProcess } from '../../tools/process.ts'
import { startTemporal } from '../../tools/temporal/server.ts'
import { until } from '../../tools/wait.ts'
import { build, type Closing, ROOT, UNWIND } from './ground.ts'

/** Where the Deployments live. */
export const NAMESPACE = 'bench'
const REPLICAS = 3
const PATIENCE = { within: 60_000, every: 50 }

/** A control plane with Deployments to undo, and Unwind's built API and worker beside it. */
export interface Shop {
  /** Where the API listens. */
  url: string
  kubectl: Cluster['kubectl']
  kubeconfig: string
  /** A new Deployment at its second release, with the first behind it; resolves when nothing of it moves any more. */
  deploy(name: string): Promise<void>
  /** Resolves when its pods are exactly those of a release. */
  settled(name: string, release: string): Promise<void>
  /** Throws unless the Deployment's pods are those of its first release. */
  requireFirstRelease(name: string): Promise<void>
  /** Deletes it, and resolves when its pods are gone. */
  remove(name: string): Promise<void>
}

/** Starts all of it; what it starts ends with `closing`. `helm` is the binary that the worker runs. */
export async function openShop(closing: Closing, helm?: string): Promise<Shop> {
  await build()
  const folder = closing.folder(await mkdtemp(join(tmpdir(), 'unwind-bench-')))
  const cluster = closing.stopping(await startCluster())
  const temporal = closing.stopping(await startTemporal({ ui: false }))
  const port = await claimPort()
  closing.add(async () => releasePort(port))
  const config = join(folder, 'unwind.yaml')
  await writeFile(config, JSON.stringify(await configuration(cluster, folder, port, helm)))
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }])
  const url = `http://127.0.0.1:${port}`
  const part = async (name: 'worker' | 'api', ready: () => Promise<boolean>) => {
    const args = [UNWIND, name, '--config', config]
    const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml') }
    const place = { cwd: ROOT, folder: { path: folder, temporary: false } }
    closing.stopping(await startProcess({ name, command: process.execPath, args, env, ...place, ready }))
  }
  await part('worker', async () => true)
  await part('api', () => answers(`${url}/readyz`))
  return shopOf(cluster, url)
}

function shopOf(cluster: Cluster, url: string): Shop {
  return {
    url,
    kubectl: cluster.kubectl,
    kubeconfig: cluster.kubeconfig,
    deploy: (name) => deploy(cluster, name),
    settled: (name, release) => settled(cluster, name, release),
    requireFirstRelease: async (name) => {
      const images = await podImages(cluster, name)
      if (images.length === 0 || images.some((image) => image !== imageOf('v1')))
        throw new Error(`${name} is not undone: its pods run ${images.join(', ') || 'nothing'}`)
    },
    remove: async (name) => {
      await cluster.kubectl('delete', 'deployment', name, '-n', NAMESPACE)
      await until(`the pods of ${name} to go`, async () => (await podImages(cluster, name)).length === 0, PATIENCE)
    },
  }
}

/** The worker has the very kubeconfig that kubectl has. */
async function configuration(cluster: Cluster, folder: string, port: number, helm?: string): Promise<object> {
  const { signingKey, verifyKey } = await generateKeys(join(folder, 'keys'))
  return {
    apiVersion: 'unwind/v1',
    kind: 'Configuration',
    environments: { bench: { cluster: 'bench', namespace: NAMESPACE } },
    connections: { bench: { kind: 'kubernetes', environment: 'bench', server: cluster.server } },
    api: { port, signingKey },
    worker: {
      credentials: { bench: { kubeconfig: cluster.kubeconfig, ...(helm && { helm }) } },
      verifyKeys: [verifyKey],
    },
  }
}

async function deploy(cluster: Cluster, name: string): Promise<void> {
  for (const release of ['v1', 'v2']) {
    await cluster.apply([deployment(name, release)])
    await cluster.kubectl('rollout', 'status', `deployment/${name}`, '-n', NAMESPACE, '--timeout=60s')
    await settled(cluster, name, release)
  }
}

async function settled(cluster: Cluster, name: string, release: string): Promise<void> {
  const exactly = async () => {
    const images = await podImages(cluster, name)
    return images.length === REPLICAS && images.every((image) => image === imageOf(release))
  }
  await until(`${name} to settle at ${release}`, exactly, PATIENCE)
}

async function podImages({ kubectl }: Cluster, name: string): Promise<string[]> {
  const images = '{.items[*].spec.containers[0].image}'
  const printed = await kubectl('get', 'pods', '-n', NAMESPACE, '-l', `app=${name}`, '-o', `jsonpath=${images}`)
  return printed.split(' ').filter(Boolean)
}

/** The Deployment at a release. */
export function deployment(name: string, release: string): object {
  const labels = { app: name }
  const pods = { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: imageOf(release) }] }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE },
    spec: { replicas: REPLICAS, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pods } },
  }
}

function imageOf(release: string): string {
  return `registry.example/shop:${release}`
}
