import { UnwindError } from '../../../model/errors.ts'
import type { Cluster } from '../connect.ts'
import { type Asked, refused, unquoted } from '../faults.ts'
import { list, type Metadata, read } from '../objects.ts'

/** Where a step works, and the manifest that grants it to. */
export interface Ground {
  cluster: Cluster
  namespace: string
  rights: string
  signal: AbortSignal
}

/** The kinds of objects that a volume and its snapshots consist of, in RBAC's words. */
const RESOURCES = {
  'statefulsets.apps': { root: '/apis/apps/v1', wide: false },
  pods: { root: '/api/v1', wide: false },
  events: { root: '/api/v1', wide: false },
  persistentvolumeclaims: { root: '/api/v1', wide: false },
  persistentvolumes: { root: '/api/v1', wide: true },
  'storageclasses.storage.k8s.io': { root: '/apis/storage.k8s.io/v1', wide: true },
  'volumesnapshots.snapshot.storage.k8s.io': { root: '/apis/snapshot.storage.k8s.io/v1', wide: false },
  'volumesnapshotclasses.snapshot.storage.k8s.io': { root: '/apis/snapshot.storage.k8s.io/v1', wide: true },
} as const
export type Resource = keyof typeof RESOURCES

/** An object that can be found again. */
interface Named {
  metadata: Metadata
}

const FIELD_MANAGER = 'unwind-volumes'

/** Undefined where there is none of that name. */
export async function find<T>(ground: Ground, resource: Resource, name: string): Promise<T | undefined> {
  const asked = askedFor('get', ground, resource, name)
  const answer = await ground.cluster.ask(
    { method: 'GET', path: pathOf(ground, resource, name), signal: ground.signal },
    asked,
  )
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw refused(answer, asked, ground.cluster.name)
  return read<T>(answer).object
}

/** Those of the namespace, or of the whole cluster where the kind belongs to it. Throws what `list` throws. */
export async function all<T>(ground: Ground, resource: Resource, query: Record<string, string> = {}): Promise<T[]> {
  const { cluster, namespace, rights, signal } = ground
  const where = RESOURCES[resource].wide ? {} : { namespace }
  return list<T>(cluster, { path: pathOf(ground, resource), resource, ...where, query, rights, signal })
}

/** Makes an object under a name of its own, so that a second or late call makes nothing: then it answers `exists`. */
export async function create<T extends Named>(
  ground: Ground,
  resource: Resource,
  object: { metadata: { name: string } },
): Promise<T | 'exists'> {
  const asked = askedFor('create', ground, resource, object.metadata.name)
  const path = `${pathOf(ground, resource)}?fieldManager=${FIELD_MANAGER}`
  const answer = await ground.cluster.ask({ method: 'POST', path, body: object, signal: ground.signal }, asked)
  if (answer.status === 201) return read<T>(answer).object
  if (answer.status === 409) return 'exists'
  throw refused(unquoted(answer), asked, ground.cluster.name)
}

/**
 * A merge patch of the object as it was read: with its resource version in the patch the API server refuses it once
 * anybody else has written (API conventions, concurrency control). Then it answers `lost`.
 */
export async function patch<T extends Named>(
  ground: Ground,
  resource: Resource,
  { metadata }: Named,
  change: { metadata?: object; spec?: object },
): Promise<T | 'lost'> {
  const asked = askedFor('patch', ground, resource, metadata.name)
  const body = { ...change, metadata: { ...change.metadata, resourceVersion: metadata.resourceVersion } }
  const path = `${pathOf(ground, resource, metadata.name)}?fieldManager=${FIELD_MANAGER}`
  const request = { method: 'PATCH', path, body, contentType: 'application/merge-patch+json' } as const
  const answer = await ground.cluster.ask({ ...request, signal: ground.signal }, asked)
  if (answer.status === 200) return read<T>(answer).object
  if (answer.status === 409 || answer.status === 404) return 'lost'
  throw refused(unquoted(answer), asked, ground.cluster.name)
}

/** Deletes this very object and none that has its name by now. Gone already is as good. */
export async function remove(ground: Ground, resource: Resource, { metadata }: Named): Promise<void> {
  const asked = askedFor('delete', ground, resource, metadata.name)
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: metadata.uid } }
  const path = pathOf(ground, resource, metadata.name)
  const answer = await ground.cluster.ask({ method: 'DELETE', path, body, signal: ground.signal }, asked)
  if (answer.status < 300 || answer.status === 404 || answer.status === 409) return
  throw refused(unquoted(answer), asked, ground.cluster.name)
}

/** An object that must be there. Throws TARGET_NOT_FOUND. */
export async function required<T>(ground: Ground, resource: Resource, name: string): Promise<T> {
  const found = await find<T>(ground, resource, name)
  if (found) return found
  const where = RESOURCES[resource].wide ? '' : ` in ${ground.namespace}`
  throw new UnwindError(
    'TARGET_NOT_FOUND',
    `${ground.cluster.name} has no ${resource}/${name}${where}; check name and namespace`,
  )
}

function askedFor(verb: Asked['verb'], { namespace, rights }: Ground, resource: Resource, name: string): Asked {
  return { verb, resource, name, rights, ...(!RESOURCES[resource].wide && { namespace }) }
}

function pathOf({ namespace }: Ground, resource: Resource, name?: string): string {
  const { root, wide } = RESOURCES[resource]
  const [plural = resource] = resource.split('.')
  const scope = wide ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}
