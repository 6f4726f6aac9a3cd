import { parseAllDocuments } from 'yaml'
import { UnwindError } from '../../model/errors.ts'

/** One object of a manifest. */
export interface Item {
  apiVersion: string
  kind: string
  name: string
  /** As the manifest says; objects without one are put into the release's. */
  namespace: string
  body: Body
}

/** What is read here of objects; everything else passes through as raw JSON. */
export interface Body {
  metadata?: {
    name?: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  } & Record<string, unknown>
  spec?: { replicas?: number; template?: PodTemplate; [field: string]: unknown }
  immutable?: boolean
  [field: string]: unknown
}

interface PodTemplate {
  spec?: { containers?: { name: string; image?: string }[]; initContainers?: { name: string; image?: string }[] }
  [field: string]: unknown
}

/** The kinds whose pods a verification watches. */
const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet'])

/**
 * The objects of a stored manifest, in its order, with those of lists among them. Throws TARGET_REJECTED for what is no
 * YAML, without quoting it.
 */
export function itemsOf(manifest: string, namespace: string): Item[] {
  const documents = parseAllDocuments(manifest, { uniqueKeys: false, logLevel: 'silent' })
  const bodies: unknown[] = []
  for (const document of documents) {
    if (document.errors.length > 0)
      throw new UnwindError('TARGET_REJECTED', 'the stored manifest of the release can’t be read as YAML')
    bodies.push(document.toJS())
  }
  return bodies.flatMap(spread).flatMap((body) => itemOf(body, namespace))
}

/** What one object is called throughout: kind and name, with its namespace where that is not the release's. */
export function titleOf({ kind, name, namespace }: Item, release: { namespace: string }): string {
  return namespace === release.namespace ? `${kind}/${name}` : `${kind}/${name} in ${namespace}`
}

/** As Helm tells whether two manifests mean the same object (pkg/kube/resource.go): group and kind, without the version. */
export function identityOf({ apiVersion, kind, name, namespace }: Item): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  return [kind, group, namespace, name].join('/')
}

/** Whether a verification watches its pods. */
export function isWorkload({ kind, apiVersion }: Item): boolean {
  return WORKLOADS.has(kind) && apiVersion === 'apps/v1'
}

/** Every container's image of all objects that make pods of one template, each once. */
export function imagesOf(items: readonly Item[]): string[] {
  return [...new Set(items.flatMap(({ body }) => podImages(body)))]
}

/** The images of one object's pods, init containers last. */
export function podImages({ spec }: Body): string[] {
  const { containers = [], initContainers = [] } = spec?.template?.spec ?? {}
  return [...containers, ...initContainers].flatMap(({ image }) => image ?? [])
}

function spread(body: unknown): unknown[] {
  const { kind, items } = (body ?? {}) as { kind?: unknown; items?: unknown }
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [body]
}

function itemOf(body: unknown, namespace: string): Item[] {
  const { apiVersion, kind, metadata } = (body ?? {}) as { apiVersion?: unknown; kind?: unknown } & Body
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string') return []
  return [{ apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? namespace, body: body as Body }]
}
