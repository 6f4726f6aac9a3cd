import { createHash } from 'node:crypto'
import { canonical } from '../../../model/canonical.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { type Asked, refused, unquoted } from '../../kubernetes/faults.ts'
import { type Metadata, type Place, type Read, read } from '../../kubernetes/objects.ts'
import type { Content } from '../../versions/content.ts'
import type { KubernetesConfigStep } from './schema.ts'

/** A ConfigMap or a Secret. Its values never leave the worker. */
export interface Configuration {
  metadata: Metadata
  type?: string
  immutable?: boolean
  data?: Record<string, string>
  binaryData?: Record<string, string>
}

/** Where an object is, and how the API calls its kind. */
export interface Spot extends Place {
  kind: 'ConfigMap' | 'Secret'
  /** As a step writes it: configmap/checkout. */
  title: string
  resource: 'configmaps' | 'secrets'
  /** Of all objects of the kind in the namespace. */
  folder: string
}

/** The manifest that grants the rights. */
export const RIGHTS = 'docs/rbac/kubernetes-config/operator.yaml'

/** The object that a step names. Throws INVALID_REQUEST when neither step nor environment gives a namespace. */
export function spotOf({ object: title, namespace }: KubernetesConfigStep): Spot {
  const [word, name = ''] = title.split('/')
  if (!namespace) {
    const message = `${title} has no namespace; set one in the step or as the default of the environment`
    throw new UnwindError('INVALID_REQUEST', message)
  }
  const [kind, resource] = word === 'secret' ? (['Secret', 'secrets'] as const) : (['ConfigMap', 'configmaps'] as const)
  const folder = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`
  return { namespace, name, kind, title, resource, folder }
}

/** What is asked of an object, for errors that say which right is missing. */
export function asked({ resource, namespace }: Spot, verb: Asked['verb'], name?: string): Asked {
  return { verb, resource, namespace, ...(name !== undefined && { name }), rights: RIGHTS }
}

/** One object by its name, and the API server's clock; undefined where there is none. */
export async function readObject(
  cluster: Cluster,
  spot: Spot,
  name: string,
  signal: AbortSignal,
): Promise<Read<Configuration> | undefined> {
  const what = asked(spot, 'get', name)
  const answer = await cluster.ask({ method: 'GET', path: pathOf(spot, name), signal }, what)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw refused(unquoted(answer), what, cluster.name)
  return read<Configuration>(answer)
}

/** The object of a step. Throws TARGET_NOT_FOUND. */
export async function requireObject(cluster: Cluster, spot: Spot, signal: AbortSignal): Promise<Read<Configuration>> {
  const found = await readObject(cluster, spot, spot.name, signal)
  if (found) return found
  const message = `${cluster.name} has no ${spot.title} in ${spot.namespace}; check name and namespace`
  throw new UnwindError('TARGET_NOT_FOUND', message)
}

export function pathOf({ folder }: Spot, name: string): string {
  return `${folder}/${encodeURIComponent(name)}`
}

/** What it holds, by key; text and bytes of a ConfigMap are told apart. */
export function contentOf({ data = {}, binaryData = {} }: Configuration): Content {
  return Object.fromEntries([
    ...Object.entries(data).map(([key, value]) => [`data.${key}`, value]),
    ...Object.entries(binaryData).map(([key, value]) => [`binaryData.${key}`, value]),
  ])
}

const DATA = ['f:data', 'f:binaryData', 'f:stringData']

/**
 * What tells this writing of the content from every other: who wrote which keys and when, as the API server keeps it
 * (ManagedFieldsEntry: `time` is renewed when its manager changes a value). No hash of the content, which would give short
 * secrets away. Labels and annotations of other managers change nothing of it.
 */
export function writingOf({ metadata }: Configuration): string {
  const { uid, resourceVersion, managedFields = [] } = metadata
  const writers = managedFields.flatMap(({ manager, operation, time, fieldsV1 = {} }) => {
    const keys = DATA.flatMap((field) => Object.keys((fieldsV1 as Record<string, object>)[field] ?? {}).toSorted())
    return keys.length > 0 ? [{ manager, operation, time, keys }] : []
  })
  const written = writers.length > 0 ? writers : resourceVersion
  return createHash('sha256')
    .update(canonical([uid, written]))
    .digest('hex')
    .slice(0, 16)
}

/**
 * Kubernetes counts in whole seconds: within the second of a write another one could not be told from it. Throws
 * TARGET_UNREACHABLE, which is asked again.
 */
export function requireSettled({ object, date }: Read<Configuration>, { title }: Spot): void {
  const times = (object.metadata.managedFields ?? []).map(({ time = '' }) => Date.parse(time) || 0)
  if (Math.floor(Math.max(0, ...times) / 1_000) < Math.floor(date / 1_000)) return
  throw new UnwindError(
    'TARGET_UNREACHABLE',
    `${title} was written in this very second; it is read again in the next one`,
  )
}
