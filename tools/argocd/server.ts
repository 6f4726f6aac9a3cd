import { randomBytes } from 'node:crypto'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { findBinaries, findBinary } from '../find.ts'
import { answers, listens } from '../process/ready.ts'
import { closeStateFolder, openStateFolder, type RunningProcess, type StateFolder, startProcess } from '../process.ts'
import { run } from '../run.ts'
import type { Cluster } from '../kubernetes/cluster.ts'
import { createAccounts } from './accounts.ts'

export const ARGOCD_TOOLS = ['argocd', 'argocd-cache'] as const
export const ARGOCD_NAMESPACE = 'argocd'
const MODULE = 'github.com/argoproj/argo-cd/v3'

/** An Argo CD on 127.0.0.1 that deploys to the cluster which it lies in. It ends with this process. */
export interface ArgoServer {
  readonly url: string
  /** Tokens of its accounts, by their names. */
  readonly tokens: Readonly<Record<string, string>>
  /** The controller that compares and syncs: it can be killed and started again, or stood still. */
  readonly controller: RunningProcess
  stop(): Promise<void>
}

/** The accounts of a server, and what each may do: lines of its RBAC policy, such as `applications, get, *\/*, allow`. */
export type Accounts = Readonly<Record<string, readonly string[]>>

/** Installs Argo CD into a cluster and starts it: API server, repository server, controller and cache. */
export async function startArgo(
  cluster: Pick<Cluster, 'kubeconfig' | 'apply' | 'define' | 'kubectl'>,
  accounts: Accounts,
): Promise<ArgoServer> {
  await findBinaries(ARGOCD_TOOLS)
  const folder = await openStateFolder('argocd')
  const started: RunningProcess[] = []
  const stop = async () => {
    await Promise.all(started.map((part) => part.stop()))
    await closeStateFolder(folder)
  }
  try {
    await install(cluster, accounts)
    const parts = await startParts(folder, await kubeconfigFor(cluster.kubeconfig, folder), started)
    const url = `http://127.0.0.1:${parts.server.ports['http']}`
    const tokens = await createAccounts(url, cluster, Object.keys(accounts))
    return { url, tokens, controller: parts.controller, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The definitions and settings that the module carries, without the Deployments: the processes run here. */
async function install(cluster: Pick<Cluster, 'apply' | 'define'>, accounts: Accounts): Promise<void> {
  const { stdout } = await run('go', ['mod', 'download', '-json', MODULE], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
    within: 300_000,
  })
  const manifests = join((JSON.parse(stdout) as { Dir: string }).Dir, 'manifests')
  const read = (name: string) => readFile(join(manifests, name), 'utf8')
  const crds = ['application-crd', 'applicationset-crd', 'appproject-crd'].map((name) => read(`crds/${name}.yaml`))
  await cluster.define(await Promise.all(crds))
  const metadata = { name: ARGOCD_NAMESPACE }
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata }])
  const names = ['cm', 'cmd-params-cm', 'gpg-keys-cm', 'rbac-cm', 'secret', 'ssh-known-hosts-cm', 'tls-certs-cm']
  const settings = await Promise.all(names.map(async (name) => parse(await read(`base/config/argocd-${name}.yaml`))))
  await cluster.apply(settings.map((each) => configured(each as Settings, accounts)))
}

interface Settings {
  metadata: { name: string; namespace?: string }
  data?: Record<string, string>
}

function configured(settings: Settings, accounts: Accounts): Settings {
  const { name } = settings.metadata
  const names = Object.keys(accounts)
  const more: Record<string, Record<string, string>> = {
    'argocd-cm': Object.fromEntries(names.map((account) => [`accounts.${account}`, 'apiKey'])),
    'argocd-rbac-cm': {
      'policy.csv': names
        .flatMap((account) => (accounts[account] ?? []).map((line) => `p, ${account}, ${line}`))
        .join('\n'),
    },
  }
  return {
    ...settings,
    metadata: { ...settings.metadata, namespace: ARGOCD_NAMESPACE },
    ...(more[name] && { data: { ...settings.data, ...more[name] } }),
  }
}

/** The same access to the cluster, from its own namespace: this is where it looks for its settings. */
async function kubeconfigFor(kubeconfig: string, folder: StateFolder): Promise<string> {
  const config = parse(await readFile(kubeconfig, 'utf8')) as { contexts: { context: Record<string, string> }[] }
  for (const { context } of config.contexts) context['namespace'] = ARGOCD_NAMESPACE
  const path = join(folder.path, 'kubeconfig')
  await writeFile(path, stringify(config), { mode: 0o600 })
  return path
}

async function startParts(folder: StateFolder, kubeconfig: string, started: RunningProcess[]) {
  const command = await findBinary('argocd')
  // git asks it for passwords, by its name.
  await mkdir(join(folder.path, 'bin'))
  await symlink(command, join(folder.path, 'bin', 'argocd'))
  const start = part(folder, kubeconfig, command, started)
  const cache = await startProcess({
    name: 'argocd-cache',
    command: await findBinary('argocd-cache'),
    folder,
    ports: { redis: undefined },
    args: ({ redis }) => ['--address', `127.0.0.1:${redis}`],
    ready: ({ redis }) => listens(redis),
  })
  started.push(cache)
  const redis = `127.0.0.1:${cache.ports['redis']}`
  const repositories = await start('repo-server', { grpc: undefined, metrics: undefined }, ({ grpc, metrics }) => [
    ...['--address', '127.0.0.1', '--port', `${grpc}`, '--redis', redis],
    ...['--metrics-address', '127.0.0.1', '--metrics-port', `${metrics}`],
  ])
  const repoServer = `127.0.0.1:${repositories.ports['grpc']}`
  const [controller, server] = await Promise.all([
    start('application-controller', { metrics: undefined }, ({ metrics }) => [
      ...['--redis', redis, '--repo-server', repoServer, '--app-resync', '10', '--self-heal-timeout-seconds', '1'],
      // Its metrics are served on every interface: it has no setting for that.
      ...['--metrics-port', `${metrics}`],
    ]),
    start('server', { http: undefined, metrics: undefined }, ({ http, metrics }) => [
      ...['--address', '127.0.0.1', '--port', `${http}`, '--insecure', '--redis', redis, '--repo-server', repoServer],
      ...[
        '--staticassets',
        join(folder.path, 'none'),
        '--metrics-address',
        '127.0.0.1',
        '--metrics-port',
        `${metrics}`,
      ],
    ]),
  ])
  return { controller, server }
}

type Start = (
  name: string,
  ports: Record<string, undefined>,
  args: (ports: Record<string, number>) => string[],
) => Promise<RunningProcess>

/** Starts one of its servers: they are one binary, which a variable tells what it is. */
function part(folder: StateFolder, kubeconfig: string, command: string, started: RunningProcess[]): Start {
  const places = { ARGOCD_TLS_DATA_PATH: 'tls', ARGOCD_SSH_DATA_PATH: 'ssh', ARGOCD_GNUPGHOME: 'gpg' }
  const env = {
    ...{ KUBECONFIG: kubeconfig, ARGOCD_FAKE_IN_CLUSTER: 'true', ARGOCD_GPG_ENABLED: 'false', TMPDIR: folder.path },
    PATH: [join(folder.path, 'bin'), process.env['PATH']].join(delimiter),
    // By itself this would be one file for all that run on a machine.
    ARGOCD_ASK_PASS_SOCK: join(folder.path, 'ask-pass.sock'),
    ...{ ARGOCD_REDIS_PASSWORD: '', HOSTNAME: `argocd-${randomBytes(4).toString('hex')}` },
    ...Object.fromEntries(Object.entries(places).map(([key, name]) => [key, join(folder.path, name)])),
  }
  return async (name, ports, args) => {
    await Promise.all(Object.values(places).map((place) => mkdir(join(folder.path, place), { recursive: true })))
    const running = await startProcess({
      ...{ name: `argocd-${name}`, command, folder, ports, within: 120_000 },
      env: { ...env, ARGOCD_BINARY_NAME: `argocd-${name}` },
      args: (given) => [...args(given as Record<string, number>), '--loglevel', 'warn'],
      ready: ({ http, grpc, metrics }) =>
        http
          ? answers(`http://127.0.0.1:${http}/api/version`)
          : grpc
            ? listens(grpc)
            : answers(`http://127.0.0.1:${metrics}/healthz`),
    })
    started.push(running)
    return running
  }
}
