import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { findBinary } from '../find.ts'
import { answers } from '../process/ready.ts'
import { type RunningProcess, type StateFolder, startProcess } from '../process.ts'
import type { Identities } from './identities.ts'
import { type Ask, asAdmin } from './request.ts'

const stages = fileURLToPath(new URL('./stages/', import.meta.url))

/** Starts etcd without fsync: it survives its own death, and a power cut is no concern of a test. */
export async function startEtcd(folder: StateFolder): Promise<RunningProcess> {
  return startProcess({
    name: 'etcd',
    command: await findBinary('etcd'),
    folder,
    ports: { client: undefined, peer: undefined },
    args: ({ client, peer }) => [
      `--data-dir=${join(folder.path, 'etcd')}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ],
    ready: ({ client }) => answers(`http://127.0.0.1:${client}/readyz`),
  })
}

/** Starts the API server on its etcd. It is given its port, because kubeconfigs name it before it answers. */
export async function startApiServer(
  folder: StateFolder,
  ids: Identities,
  etcd: RunningProcess,
  port: number,
  ask: Ask,
): Promise<RunningProcess> {
  return startProcess({
    name: 'kube-apiserver',
    command: await findBinary('kube-apiserver'),
    folder,
    ports: { https: port },
    args: ({ https }) => [
      `--etcd-servers=http://127.0.0.1:${etcd.ports['client']}`,
      ...loopback(https, ids),
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--client-ca-file=${ids.ca}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${ids.serviceAccountKey}`,
      `--service-account-signing-key-file=${ids.serviceAccountKey}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--authorization-mode=Node,RBAC',
      '--allow-privileged=true',
      '--profiling=false',
      // `kubectl exec` goes on to kwok, which stands for every kubelet.
      '--kubelet-preferred-address-types=InternalIP',
      `--kubelet-certificate-authority=${ids.ca}`,
      `--kubelet-client-certificate=${ids.admin.certificateFile}`,
      `--kubelet-client-key=${ids.admin.keyFile}`,
    ],
    ready: async () => (await ask('GET', '/readyz')) === 'ok',
    // Watches never end by themselves, so a graceful end would wait for nothing.
    grace: 1000,
  })
}

/** Starts the controllers: Deployments, ReplicaSets, Jobs, garbage collection and the rest. */
export async function startControllers(
  folder: StateFolder,
  ids: Identities,
  kubeconfig: string,
): Promise<RunningProcess> {
  return startProcess({
    name: 'kube-controller-manager',
    command: await findBinary('kube-controller-manager'),
    folder,
    ports: { https: undefined },
    args: ({ https }) => [
      `--kubeconfig=${kubeconfig}`,
      ...loopback(https, ids),
      '--leader-elect=false',
      `--root-ca-file=${ids.ca}`,
      `--service-account-private-key-file=${ids.serviceAccountKey}`,
      '--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      '--concurrent-deployment-syncs=20',
      '--concurrent-replicaset-syncs=20',
      // A test may pause or kill the API server for a while; the nodes must not count as lost afterwards.
      '--node-monitor-grace-period=10m',
      '--profiling=false',
    ],
    ready: ({ https }) => healthy(https, ids),
    grace: 1000,
  })
}

/** Starts the scheduler, with a queue that comes back to a pod at once instead of after seconds. */
export async function startScheduler(
  folder: StateFolder,
  ids: Identities,
  kubeconfig: string,
): Promise<RunningProcess> {
  const config = join(folder.path, 'scheduler.yaml')
  const settings = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig, qps: 500, burst: 1000 },
    leaderElection: { leaderElect: false },
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 1,
    enableProfiling: false,
  }
  await writeFile(config, stringify(settings))
  return startProcess({
    name: 'kube-scheduler',
    command: await findBinary('kube-scheduler'),
    folder,
    ports: { https: undefined },
    args: ({ https }) => [`--config=${config}`, ...loopback(https, ids)],
    ready: ({ https }) => healthy(https, ids),
    grace: 1000,
  })
}

/** Starts kwok as the kubelet of every node: it plays the stages in `stages/` and answers `kubectl exec`. */
export async function startKwok(folder: StateFolder, ids: Identities, kubeconfig: string): Promise<RunningProcess> {
  const configs = readdirSync(stages).filter((name) => name.endsWith('.yaml'))
  return startProcess({
    name: 'kwok',
    command: await findBinary('kwok'),
    folder,
    ports: { kubelet: undefined },
    env: { KWOK_WORKDIR: folder.path },
    args: ({ kubelet }) => [
      `--kubeconfig=${kubeconfig}`,
      ...configs.map((name) => `--config=${join(stages, name)}`),
      '--manage-all-nodes=true',
      '--cidr=10.244.0.0/16',
      '--node-ip=127.0.0.1',
      `--node-port=${kubelet}`,
      '--node-lease-duration-seconds=40',
      `--server-address=127.0.0.1:${kubelet}`,
      `--tls-cert-file=${ids.serving.certificateFile}`,
      `--tls-private-key-file=${ids.serving.keyFile}`,
    ],
    ready: ({ kubelet }) => answers(`http://127.0.0.1:${kubelet}/readyz`),
    grace: 1000,
  })
}

function loopback(port: number | undefined, { serving }: Identities): string[] {
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${serving.certificateFile}`,
    `--tls-private-key-file=${serving.keyFile}`,
  ]
}

/** Asked through the cluster's own CA: a stranger who happens to have the port does not pass. */
async function healthy(port: number | undefined, ids: Identities): Promise<boolean> {
  return (await asAdmin(`https://127.0.0.1:${port}`, ids)('GET', '/healthz')) === 'ok'
}
