import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cluster, connect, loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { credentialsOf } from '../../activities/kubernetes/credentials.ts'
import type { Deployment, ReplicaSet } from '../../activities/targets/kubernetes/objects.ts'
import type { Pod } from '../../activities/targets/kubernetes/pods.ts'
import { type Request, send } from '../../activities/kubernetes/request.ts'
import { until } from '../support/until.ts'
import { deploymentOf, type Release } from './kubernetes-manifests.ts'
import { guestIn, ownNamespace, type Place, type Where } from './kubernetes-place.ts'

/** One namespace of a real cluster, and hands to work in it with all rights. */
export interface Lab {
  readonly namespace: string
  readonly kubeconfig: string
  /** The context of the kubeconfig; its current one unless given. */
  readonly context?: string
  /** The name for an object that tests call so: another one where the namespace is not the lab's own. */
  named: (name: string) => string
  /** A folder for files of the tests, kubeconfigs among them; `close` deletes it. */
  readonly folder: string
  /** A connection of the target with all rights. */
  readonly connection: Cluster
  /** Any request, as admin. Answers the parsed body; rejects above status 299. */
  ask: <T = unknown>(method: Request['method'], path: string, body?: unknown, contentType?: string) => Promise<T>
  /** Server-side apply of an object with apiVersion, kind and metadata. */
  apply: (...objects: object[]) => Promise<void>
  /** Deploys a release and, unless told otherwise, waits until it is rolled out. */
  deploy: (name: string, release: Release, wait?: 'rolled-out' | 'observed' | 'not') => Promise<void>
  deployment: (name: string) => Promise<Deployment>
  /** Those that the Deployment controls, oldest revision first. */
  replicaSets: (name: string) => Promise<ReplicaSet[]>
  pods: (name: string) => Promise<Pod[]>
  /** A merge patch of a Deployment. */
  patch: (name: string, change: object) => Promise<void>
  /** A step for the Deployment, as a runbook would write it. */
  step: (name: string, more?: object) => Record<string, unknown>
  /** Deletes all that the lab has made. */
  close: () => Promise<void>
  /** What is still there after `close`: deletions take their time. */
  left: () => Promise<string[]>
}

/** Opens a lab in the cluster of a kubeconfig: in a namespace that it makes, or as a guest in the one given. */
export async function openLab(given: string | Where, prefix = 'unwind'): Promise<Lab> {
  const where = typeof given === 'string' ? { kubeconfig: given } : given
  const { namespace: _, ...login } = where
  const connection = await connect({ ...login, pin: pinOf(loadKubeConfig(login, 'lab'), 'lab') }, 'lab')
  const ask = asAdmin(login)
  const folder = await mkdtemp(join(tmpdir(), 'unwind-lab-'))
  const place = where.namespace ? guestIn(ask, where.namespace, prefix) : await ownNamespace(ask, prefix)
  const { namespace, named, left } = place
  const here = (plural: string, name = '') => `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`
  const deployment = (name: string) => ask<Deployment>('GET', here('deployments', name))
  const apply = async (...objects: object[]) => {
    for (const object of objects) await applyOne(ask, place, object)
  }
  const owned = async <T>(path: string, of: (uid: string) => boolean): Promise<T[]> => {
    const { items } = await ask<{ items: (T & ReplicaSet)[] }>('GET', path)
    return items.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => of(uid)))
  }
  const replicaSets = async (name: string) => {
    const { uid } = (await deployment(name)).metadata
    const found = await owned<ReplicaSet>(here('replicasets').replace(/\/$/, ''), (owner) => owner === uid)
    return found.sort((a, b) => revisionOf(a) - revisionOf(b))
  }
  return {
    ...login,
    namespace,
    named,
    left,
    folder,
    connection,
    ask,
    apply,
    deployment,
    replicaSets,
    deploy: async (name, release, wait = 'rolled-out') => {
      await apply(deploymentOf(name, release))
      if (wait !== 'not')
        await until(() => deployment(name), wait === 'observed' ? isObserved : isRolledOut, seen, 60_000)
    },
    pods: async (name) => {
      const uids = new Set((await replicaSets(name)).map(({ metadata }) => metadata.uid))
      return owned<Pod>(`/api/v1/namespaces/${namespace}/pods`, (owner) => uids.has(owner))
    },
    patch: async (name, change) => {
      await ask('PATCH', here('deployments', name), change, 'application/merge-patch+json')
    },
    step: (name, more = {}) => ({ kind: 'kubernetes', workload: `deployment/${name}`, namespace, soak: '0s', ...more }),
    close: async () => {
      await rm(folder, { recursive: true, force: true })
      await place.clear()
    },
  }
}

/** Requests with the rights of a kubeconfig. */
function asAdmin(login: Pick<Where, 'kubeconfig' | 'context'>): Lab['ask'] {
  const config = loadKubeConfig(login, 'lab')
  const server = new URL(config.getCurrentCluster()?.server ?? '')
  const credentials = credentialsOf(config, 'lab')
  return async <T>(method: Request['method'], path: string, body?: unknown, contentType = 'application/json') => {
    const signal = AbortSignal.timeout(20_000)
    const answer = await send(server, { method, path, body, contentType, signal }, await credentials(signal))
    if (answer.status < 300) return answer.body as T
    throw new Error(`${method} ${path}: HTTP ${answer.status} ${JSON.stringify(answer.body).slice(0, 500)}`)
  }
}

interface Applicable {
  apiVersion: string
  kind: string
  metadata: { name: string }
}

const CLUSTER_WIDE = /^(?:Namespace|Cluster|ValidatingAdmissionPolicy|CustomResourceDefinition)/

async function applyOne(ask: Lab['ask'], { namespace, made }: Place, object: object): Promise<void> {
  const { apiVersion, kind, metadata } = object as Applicable
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const plural = `${kind.toLowerCase()}s`.replace(/ys$/, 'ies')
  const scope = CLUSTER_WIDE.test(kind) ? plural : `namespaces/${namespace}/${plural}`
  const path = `${root}/${scope}/${metadata.name}`
  made(path)
  await ask('PATCH', `${path}?fieldManager=lab&force=true`, object, 'application/apply-patch+yaml')
}

export function revisionOf({ metadata }: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0)
}

function isObserved({ metadata, status }: Deployment): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
}

/** Every pod is of the present template and available. */
function isRolledOut(deployment: Deployment): boolean {
  const { spec, status } = deployment
  const wanted = spec.replicas ?? 1
  const counts = [status?.replicas ?? 0, status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0]
  return isObserved(deployment) && counts.every((count) => count === wanted)
}

function seen(deployment: Deployment | undefined): string {
  return `not rolled out: ${JSON.stringify(deployment?.status)}`
}
