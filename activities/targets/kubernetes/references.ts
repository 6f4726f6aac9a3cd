import type { Warning } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { clip, refused } from '../../kubernetes/faults.ts'
import type { Metadata } from '../../kubernetes/objects.ts'
import type { Candidate } from './candidate.ts'
import type { Template } from './objects.ts'

/** A ConfigMap or Secret that a pod template reads. */
interface Reference {
  kind: 'ConfigMap' | 'Secret'
  name: string
  optional: boolean
}

/** The most references that are looked at; a template with more says so. */
const REFERENCES = 40

/** Asks for an object's metadata only: the values never leave the API server. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** What was found about the configuration that the old pods will start with, and what could not be looked at. */
export interface Findings {
  warnings: Warning[]
  unread: string[]
}

/**
 * ConfigMaps and Secrets are not kept with a template: old pods start with today's content. Says which of them have
 * changed since what keeps the template was made, and which are gone. Needs `get` on them; where that is denied, says so.
 */
export async function checkReferences(
  cluster: Cluster,
  namespace: string,
  target: Candidate,
  signal: AbortSignal,
): Promise<Findings> {
  const all = references(target.template)
  const findings = await Promise.all(
    all.slice(0, REFERENCES).map((reference) => check(cluster, namespace, reference, target, signal)),
  )
  const beyond = all.length > REFERENCES ? [`${all.length - REFERENCES} more ConfigMaps and Secrets`] : []
  return {
    warnings: findings.flatMap(({ warnings }) => warnings),
    unread: [...new Set([...findings.flatMap(({ unread }) => unread), ...beyond])],
  }
}

async function check(
  cluster: Cluster,
  namespace: string,
  { kind, name, optional }: Reference,
  target: Candidate,
  signal: AbortSignal,
): Promise<Findings> {
  const resource = kind === 'ConfigMap' ? 'configmaps' : 'secrets'
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`
  const asked = { verb: 'get', resource, namespace, name } as const
  const answer = await cluster.ask({ method: 'GET', path, accept: METADATA_ONLY, signal }, asked)
  if (answer.status === 403) return { warnings: [], unread: [resource] }
  if (answer.status === 404) return { warnings: optional ? [] : [missing(kind, name)], unread: [] }
  if (answer.status !== 200) throw refused(answer, asked, cluster.name)
  const changed = lastWritten((answer.body as { metadata: Metadata }).metadata)
  const made = target.createdAt ?? ''
  if (Date.parse(changed.at) > Date.parse(made))
    return { warnings: [changedSince(kind, name, changed, target)], unread: [] }
  return { warnings: [], unread: [] }
}

/** A write of the content; `by` is the manager of fields that it went through, such as kubectl-edit. */
interface Written {
  at: string
  by?: string | undefined
}

/** When the content was last written, and by whom: the newest manager of a data field, else the creation. */
function lastWritten({ managedFields = [], creationTimestamp = '' }: Metadata): Written {
  const writes = managedFields.filter(({ fieldsV1 }) => fieldsV1 && DATA.some((field) => field in fieldsV1))
  const all: Written[] = [
    { at: creationTimestamp },
    ...writes.map(({ time = '', manager }) => ({ at: time, by: manager })),
  ]
  return all.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1) ?? { at: '' }
}

const DATA = ['f:data', 'f:binaryData', 'f:stringData']

function changedSince(kind: string, name: string, { at, by }: Written, target: Candidate): Warning {
  const who = by === undefined ? '' : ` by ${clip(by, 80)}`
  const message = `${kind} ${name} was changed at ${at}${who}, after ${target.name} was made at ${target.createdAt}: the old pods will start with the new content. A step of kind kubernetes-config before this one takes it back, where a copy was kept`
  return { code: 'CONFIG_CHANGED', message }
}

function missing(kind: string, name: string): Warning {
  const message = `${kind} ${name}, which the old pods need, does not exist: they will not start before it does`
  return { code: 'CONFIG_MISSING', message, confirm: true }
}

/** Every ConfigMap and Secret that the template names, once each; optional only where every mention is. */
function references(template: Template): Reference[] {
  const found = new Map<string, Reference>()
  for (const reference of mentions(template.spec)) {
    const key = `${reference.kind}/${reference.name}`
    const known = found.get(key)
    found.set(key, known ? { ...known, optional: known.optional && reference.optional } : reference)
  }
  return [...found.values()]
}

const FIELDS: Record<string, { kind: Reference['kind']; name: string }> = {
  configMapKeyRef: { kind: 'ConfigMap', name: 'name' },
  configMapRef: { kind: 'ConfigMap', name: 'name' },
  configMap: { kind: 'ConfigMap', name: 'name' },
  secretKeyRef: { kind: 'Secret', name: 'name' },
  secretRef: { kind: 'Secret', name: 'name' },
}

/** Wherever it stands in the pod: environment, envFrom, volumes, projected sources, image pull secrets. */
function mentions(value: unknown, parent = ''): Reference[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item: unknown) => mentions(item, parent))
  return Object.entries(value).flatMap(([key, item]) => {
    // A volume calls it secretName, a projected source name; the pull secrets are a list of names.
    const field =
      key === 'secret' ? { kind: 'Secret' as const, name: parent === 'sources' ? 'name' : 'secretName' } : FIELDS[key]
    if (key === 'imagePullSecrets') return pullSecrets(item)
    return [...(field ? mention(item, field) : []), ...mentions(item, key)]
  })
}

function mention(item: unknown, field: { kind: Reference['kind']; name: string }): Reference[] {
  const { [field.name]: name, optional } = (item ?? {}) as Record<string, unknown>
  return typeof name === 'string' && name !== '' ? [{ kind: field.kind, name, optional: optional === true }] : []
}

/** A pod starts without its pull secrets as long as the image can be pulled, so a missing one is no certain failure. */
function pullSecrets(item: unknown): Reference[] {
  const entries = Array.isArray(item) ? (item as { name?: unknown }[]) : []
  return entries.flatMap(({ name }) =>
    typeof name === 'string' ? [{ kind: 'Secret' as const, name, optional: true }] : [],
  )
}
