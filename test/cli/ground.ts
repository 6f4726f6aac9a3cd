import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject } from '@kubernetes/client-node'
import { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import { openHands } from '../../cli/demo/kubernetes.ts'
import { generateKeys } from '../../config/keys.ts'
import { claimPort, releasePort } from '../../tools/process/ports.ts'
import { answers } from '../../tools/process/ready.ts'
import { type RunningProcess, startProcess } from '../../tools/process.ts'
import { until } from '../support/until.ts'
import { commandLine, type Surroundings, unwind } from './unwind.ts'

/** A real API and a real worker for a namespace of a real cluster, and a folder with its unwind.yaml. */
export interface Ground extends Surroundings {
  folder: string
  url: string
  namespace: string
  /** Deploys a release of checkout; a bad one crashes. Resolves when the controller has seen it. */
  deploy(release: string, how?: { bad?: boolean; service?: string }): Promise<void>
  api: RunningProcess
  close(): Promise<void>
}

/** A namespace of Temporal keeps closed runs so long; Temporal takes no less than a day. */
const RETENTION = '1 day'

/**
 * Sets all of it up with `unwind init`, `unwind setup`, `unwind api` and `unwind worker`, in a namespace of its own in
 * Kubernetes and in Temporal: another ground on the same servers has the same services. `more` is added to the
 * configuration, or makes another of it.
 */
export async function openGround(
  kubeconfig: string,
  temporal: string,
  namespace: string,
  more: string | ((text: string) => string) = '',
): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'unwind-cli-'))
  const hands = openHands(kubeconfig, undefined)
  await hands.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
  const deploy = deployer(hands, namespace)
  await deploy('v1')
  const init = await unwind(['init', '--kubeconfig', kubeconfig, '-n', namespace], { cwd: folder })
  if (init.code !== 0) throw new Error(`unwind init: ${init.stderr}`)
  const port = await claimPort()
  await addToConfiguration(folder, port, more)
  const env = {
    TEMPORAL_ADDRESS: temporal,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
  }
  await registerNamespace(temporal, namespace)
  const setup = await unwind(['setup', '--folder', join(folder, 'keys')], { cwd: folder, env })
  if (setup.code !== 0) throw new Error(`unwind setup: ${setup.stderr}`)
  const part = (name: 'api' | 'worker', ready: () => Promise<boolean>) =>
    startProcess({
      name,
      command: process.execPath,
      args: commandLine(name, '--config', join(folder, 'unwind.yaml')),
      env,
      cwd: process.cwd(),
      folder: { path: folder, temporary: false },
      ready,
    })
  const url = `http://127.0.0.1:${port}`
  const [api, worker] = await Promise.all([
    part('api', () => answers(`${url}/healthz`)),
    part('worker', async () => true),
  ])
  await until(
    () => answers(`${url}/readyz`).catch(() => false),
    Boolean,
    () => 'no worker polls',
    60_000,
  )
  return {
    ...{ folder, url, namespace, deploy, api },
    cwd: folder,
    env: { UNWIND_URL: url },
    close: async () => {
      await Promise.all([api.stop(), worker.stop()])
      releasePort(port)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Deploys a release of a service and waits until a pod of it shows how it goes. */
function deployer(hands: ReturnType<typeof openHands>, namespace: string): Ground['deploy'] {
  return async (release, { bad = false, service = 'checkout' } = {}) => {
    await hands.apply([deployment(namespace, service, release, bad)])
    const seen = async () => {
      const pods = await hands.pods(namespace, `app=${service},release=${release}`)
      return pods.some(({ status }) =>
        status?.containerStatuses?.some(({ ready, state }) => ready || state?.waiting || state?.terminated),
      )
    }
    await until(seen, Boolean, () => `no pod of ${service} ${release}`, 30_000)
  }
}

/** Resolves when the namespace answers: Temporal takes a moment until each of its parts knows a new one. */
async function registerNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address })
  const { workflowService } = connection
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(RETENTION) })
  await until(
    () =>
      workflowService.describeNamespace({ namespace }).then(
        () => true,
        () => false,
      ),
    Boolean,
    () => `Temporal does not know the namespace ${namespace}`,
    30_000,
  )
  await connection.close()
}

async function addToConfiguration(folder: string, port: number, more: string | ((text: string) => string)) {
  const { signingKey, verifyKey } = await generateKeys(join(folder, 'keys'))
  const path = join(folder, 'unwind.yaml')
  const text = (await readFile(path, 'utf8')).replace('worker:\n', `worker:\n  verifyKeys: [${verifyKey}]\n`)
  const whole = `${text}api: { port: ${port}, signingKey: ${signingKey} }\n`
  await writeFile(path, typeof more === 'string' ? `${whole}${more}` : more(whole))
}

function deployment(
  namespace: string,
  name: string,
  release: string,
  bad: boolean,
): KubernetesObject & { spec: object } {
  const labels = { app: name, release, ...(bad && { 'unwind.dev/simulate': 'crash-loop' }) }
  const containers = [{ name: 'app', image: `registry.example/shop/${name}:${release}` }]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers } },
    },
  }
}
