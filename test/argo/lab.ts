import { randomUUID } from 'node:crypto'
import { argoCd } from '../../activities/targets/argo-cd/index.ts'
import type { Target } from '../../model/target.ts'
import { ACCOUNTS as GIT } from '../git/server.ts'
import { type GitLab, openGit, type Place } from '../git/fixture.ts'
import { until } from '../support/until.ts'
import { asAdmin } from '../targets/kubernetes-lab.ts'

export const target = argoCd as unknown as Target

/** Where the real servers are. */
export interface Where {
  kubeconfig: string
  url: string
  tokens: Readonly<Record<string, string>>
}

/** What is read here of an Application. */
export interface App {
  metadata: { annotations?: Record<string, string>; resourceVersion: string }
  spec: { syncPolicy?: { automated?: Record<string, unknown> }; [field: string]: unknown }
  operation?: unknown
  status: {
    sync: { status: string; revision?: string }
    health: { status: string }
    history?: { id: number; revision: string; revisions?: string[]; initiatedBy?: { username?: string } }[]
    operationState?: { phase: string; startedAt: string; message?: string }
  }
}

/** One application with a repository, a project and a namespace of its own. */
export interface Shop {
  name: string
  place: Place
  step(more?: object): Record<string, unknown>
  /** Commits another image, and answers the commit. */
  commit(tag: string, more?: Record<string, string>): string
  /** Has Argo CD look at Git now. */
  refresh(): Promise<App>
  read(): Promise<App>
  /** By hand, as a person would sync it. */
  sync(revision?: string): Promise<void>
  /** The image that the cluster runs. */
  image(): Promise<string>
  deployment(): Promise<Record<string, unknown>>
  windows(): Promise<unknown[]>
  until(enough: (app: App) => boolean): Promise<App>
}

export interface ArgoLab {
  git: GitLab
  api<T = unknown>(method: string, path: string, body?: unknown, account?: string): Promise<T>
  kube: ReturnType<typeof asAdmin>
  /** An application of two deployments, 3.9 and then 3.10, both Healthy. */
  shop(options?: ShopOptions): Promise<Shop>
  connect(account?: string, origin?: string): Promise<unknown>
  credentials(account?: string, origin?: string): Record<string, unknown>
  close(): Promise<void>
}

export interface ShopOptions {
  /** `automated` of the sync policy. */
  automated?: Record<string, unknown>
  /** Images that are deployed, one after the other. */
  tags?: string[]
  /** More files of the repository, beside the Deployment. */
  files?: Record<string, string>
  /** Text of the Deployment for an image. */
  manifest?: (tag: string) => string
  metadata?: object
  /** In place of the one source of the repository. */
  spec?: (url: string) => object
}

/** Hands to make applications on a real Argo CD whose repositories a real git serves. */
export async function openArgo({ kubeconfig, url, tokens }: Where): Promise<ArgoLab> {
  const git = await openGit()
  const kube = asAdmin({ kubeconfig })
  for (const [name, token] of Object.entries(tokens)) process.env[variableOf(name)] = token
  const credentials = (account = 'robot', origin = url) => ({ token: { env: variableOf(account) }, pin: { origin } })
  const api: ArgoLab['api'] = async <T>(method: string, path: string, body?: unknown, account = 'admin') => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${tokens[account]}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 400)}`)
    return (text && JSON.parse(text)) as T
  }
  const lab = { git, kube, api, credentials }
  return {
    ...lab,
    shop: (options) => shop(lab, options),
    connect: (account, origin) => target.connect(credentials(account, origin), 'argo-cd'),
    close: () => git.close(),
  }
}

function variableOf(account: string): string {
  return `UNWIND_TEST_ARGO_${account.toUpperCase().replaceAll('-', '_')}`
}

export function deployment(tag: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: 'registry.k8s.io/pause:${tag}' }]
`
}

type Hands = Pick<ArgoLab, 'git' | 'api' | 'kube'>

async function shop(lab: Hands, options: ShopOptions = {}): Promise<Shop> {
  const { tags = ['3.9', '3.10'], files = {} } = options
  const made = await open(lab, options)
  const [first = '3.9', ...others] = tags
  made.commit(first, files)
  await create(lab, made, options)
  for (const tag of [undefined, ...others]) {
    const revision = tag === undefined ? made.place.git('rev-parse', 'main') : made.commit(tag)
    await made.refresh()
    if (!options.automated) await made.sync()
    await made.until(
      ({ operation, status: { history = [], health, sync } }) =>
        operation === undefined &&
        [history.at(-1)?.revision, ...(history.at(-1)?.revisions ?? [])].includes(revision) &&
        health.status === 'Healthy' &&
        sync.status === 'Synced',
    )
  }
  return made
}

async function open({ git, api, kube }: Hands, { manifest = deployment }: ShopOptions): Promise<Shop> {
  const place = await git.place()
  const name = `shop-${place.name}`
  const path = `/applications/${name}`
  const read = (refresh = '') => api<App>('GET', `${path}${refresh}`)
  return {
    ...{ name, place, read: () => read(), refresh: () => read('?refresh=normal') },
    step: (more = {}) => ({ kind: 'argo-cd', application: name, to: 'previous', stable: '1s', ...more }),
    commit: (tag, more = {}) => place.commit({ 'apps/web.yaml': manifest(tag), ...more }, { subject: `image ${tag}` }),
    sync: async (revision) => void (await api('POST', `${path}/sync`, { name, ...(revision && { revision }) })),
    image: async () => imageOf(await kube('GET', deploymentOf(name))),
    deployment: () => kube('GET', deploymentOf(name)),
    windows: async () =>
      (await api<{ spec: { syncWindows?: unknown[] } }>('GET', `/projects/${name}`)).spec.syncWindows ?? [],
    until: (enough) =>
      until(read, enough, (app) => `${name} did not get there: ${JSON.stringify(app?.status).slice(0, 2_000)}`),
  }
}

function deploymentOf(name: string): string {
  return `/apis/apps/v1/namespaces/${name}/deployments/web`
}

function imageOf(object: unknown): string {
  const { spec } = object as { spec: { template: { spec: { containers: { image: string }[] } } } }
  return spec.template.spec.containers[0]?.image ?? ''
}

async function create(
  { git, kube }: Hands,
  { name, place }: Shop,
  { automated, metadata, spec }: ShopOptions,
): Promise<void> {
  const argo = '/apis/argoproj.io/v1alpha1/namespaces/argocd'
  const login = { type: 'git', url: git.server.url, username: 'argo', password: GIT.reader }
  const labels = { 'argocd.argoproj.io/secret-type': 'repo-creds' }
  await kube('POST', '/api/v1/namespaces', { metadata: { name } })
  await kube('POST', '/api/v1/namespaces/argocd/secrets', {
    metadata: { name: `repo-${randomUUID()}`, labels },
    stringData: login,
  })
  const about = { apiVersion: 'argoproj.io/v1alpha1', metadata: { name } }
  const destination = { server: 'https://kubernetes.default.svc', namespace: name }
  const everywhere = [{ server: '*', namespace: '*' }]
  await kube('POST', `${argo}/appprojects`, {
    ...about,
    kind: 'AppProject',
    spec: { sourceRepos: ['*'], destinations: everywhere },
  })
  await kube('POST', `${argo}/applications`, {
    ...{ ...about, metadata: { name, ...metadata }, kind: 'Application' },
    spec: {
      ...{ project: name, destination, ...(automated && { syncPolicy: { automated } }) },
      ...(spec ? spec(place.url) : { source: { repoURL: place.url, path: 'apps', targetRevision: 'main' } }),
    },
  })
}
