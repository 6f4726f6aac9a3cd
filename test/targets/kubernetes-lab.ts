import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cluster, connect, loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { credentialsOf } from '../../activities/kubernetes/credentials.ts'
import type { Workload } from '../../activities/targets/kubernetes/objects.ts'
import type { Pod } from '../../activities/targets/kubernetes/pods.ts'
import type { ControllerRevision } from '../../activities/targets/kubernetes/controllerrevisions.ts'
import type { ReplicaSet } from '../../activities/targets/kubernetes/replicasets.ts'
import { type Request, send } from '../../activities/kubernetes/request.ts'
import { until } from '../support/until.ts'
import { type Kind, type Release, workloadOf } from './kubernetes-manifests.ts'
import { guestIn, ownNamespace, type Place, type Where } from './kubernetes-place.ts'

/** One namespace of a real cluster, and hands to work in it with all rights. Workloads are Deployments, but see `of`. */
export interface Lab {
  readonly kind: Kind
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
  workload: (name: string) => Promise<Workload>
  /** Those that the Deployment controls, oldest revision first. */
  replicaSets: (name: string) => Promise<ReplicaSet[]>
  /** Those that the StatefulSet or DaemonSet controls, oldest revision first. */
  controllerRevisions: (name: string) => Promise<ControllerRevision[]>
  pods: (name: string) => Promise<Pod[]>
  /** A merge patch of a workload. */
  patch: (name: string, change: object) => Promise<void>
  /** A step for the workload, as a runbook would write it. */
  step: (name: string, more?: object) => Record<string, unknown>
  /** The same lab, whose workloads are of this kind. */
  of: (kind: Kind) => Lab
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
  const base = { ...login, namespace: place.namespace, named: place.named, left: place.left, folder, connection, ask }
  return labOf({ ...base, place }, 'deployment')
}

type Base = Pick<Lab, 'namespace' | 'kubeconfig' | 'context' | 'named' | 'left' | 'folder' | 'connection' | 'ask'> & {
  place: Place
}

function labOf(base: Base, kind: Kind): Lab {
  const { place, ...shared } = base
  const { namespace, ask, folder } = base
  const here = (plural: string, name = '') => `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`
  const workload = (name: string) => ask<Workload>('GET', here(`${kind}s`, name))
  const apply = async (...objects: object[]) => {
    for (const object of objects) await applyOne(ask, place, object)
  }
  const owned = async <T extends Owned>(path: string, of: (uid: string) => boolean): Promise<T[]> => {
    const { items } = await ask<{ items: T[] }>('GET', path)
    return items.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => of(uid)))
  }
  const kept = async <T extends Owned>(name: string, plural: string, number: (one: T) => number) => {
    const { uid } = (await workload(name)).metadata
    const found = await owned<T>(here(plural).replace(/\/$/, ''), (owner) => owner === uid)
    return found.sort((a, b) => number(a) - number(b))
  }
  const replicaSets = (name: string) => kept<ReplicaSet>(name, 'replicasets', revisionOf)
  return {
    ...shared,
    kind,
    apply,
    workload,
    replicaSets,
    controllerRevisions: (name) => kept<ControllerRevision>(name, 'controllerrevisions', ({ revision }) => revision),
    deploy: async (name, release, wait = 'rolled-out') => {
      await apply(workloadOf(kind, name, release))
      if (wait !== 'not')
        await until(() => workload(name), wait === 'observed' ? isObserved : isRolledOut[kind], seen, 60_000)
    },
    pods: async (name) => {
      const owners = kind === 'deployment' ? await replicaSets(name) : [await workload(name)]
      const uids = new Set(owners.map(({ metadata }) => metadata.uid))
      return owned<Pod>(`/api/v1/namespaces/${namespace}/pods`, (owner) => uids.has(owner))
    },
    patch: async (name, change) => {
      await ask('PATCH', here(`${kind}s`, name), change, 'application/merge-patch+json')
    },
    step: (name, more = {}) => ({ kind: 'kubernetes', workload: `${kind}/${name}`, namespace, soak: '0s', ...more }),
    of: (other) => labOf(base, other),
    close: async () => {
      await rm(folder, { recursive: true, force: true })
      await place.clear()
    },
  }
}

type Owned = Pick<Pod, 'metadata'>

/** Requests with the rights of a kubeconfig. */
export function asAdmin(login: Pick<Where, 'kubeconfig' | 'context'>): Lab['ask'] {
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

function isObserved({ metadata, status }: Workload): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
}

/** Every pod is of the present template and available. */
const isRolledOut: Record<Kind, (workload: Workload) => boolean> = {
  deployment: (workload) => {
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = workload.status ?? {}
    return (
      isObserved(workload) &&
      [replicas, updatedReplicas, availableReplicas].every((count) => count === wanted(workload))
    )
  },
  statefulset: (workload) => {
    const {
      replicas = 0,
      updatedReplicas = 0,
      availableReplicas = 0,
      currentRevision,
      updateRevision,
    } = workload.status ?? {}
    const counts = [replicas, updatedReplicas, availableReplicas].every((count) => count === wanted(workload))
    return isObserved(workload) && counts && currentRevision === updateRevision
  },
  daemonset: (workload) => {
    const { desiredNumberScheduled: nodes = 0, updatedNumberScheduled, numberAvailable } = workload.status ?? {}
    return isObserved(workload) && nodes > 0 && updatedNumberScheduled === nodes && numberAvailable === nodes
  },
}

function wanted({ spec }: Workload): number {
  return spec.replicas ?? 1
}

function seen(workload: Workload | undefined): string {
  return `not rolled out: ${JSON.stringify(workload?.status)}`
}
