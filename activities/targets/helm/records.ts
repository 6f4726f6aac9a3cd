import { UnwindError } from '../../../model/errors.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { refused } from '../../kubernetes/faults.ts'
import { type Metadata, type Place, type Read, read, readList } from '../../kubernetes/objects.ts'
import { type Decoded, decode, withStatus } from './decode.ts'
import { recall, remember } from './recent.ts'
import type { HelmStep } from './schema.ts'
import { RIGHTS } from './state.ts'

/** A revision as the labels of its record tell it, without its content. */
export interface Entry {
  key: string
  uid: string
  resourceVersion: string
  revision: number
  status: string
  /** Epoch milliseconds, by the API server. */
  createdAt: number
  /** The annotation `CLAIM`. */
  claim?: string
}

/** A revision with what Helm keeps of it. */
export interface ReleaseRecord extends Entry, Decoded {
  /** As it is stored. */
  stored: string
}

/** All revisions that are kept of a release, newest first, the last of them whole, and the API server's clock. */
export interface Release {
  entries: Entry[]
  last: ReleaseRecord
  now: number
}

/** Where the records of a release are. */
export interface Shelf {
  cluster: Cluster
  place: Place
  driver: HelmStep['driver']
  signal: AbortSignal
}

/** Helm reads no annotation of its records, and drops this one where it calls the record superseded, at its very end. */
export const CLAIM = 'unwind.dev/helm'

/** Labels and versions only: a record may have a megabyte, and nobody needs them all. */
const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
const METADATA_OF_ONE = METADATA.replace('List', '')

/**
 * What is kept of a release. The name is compared as a whole, by the label that Helm itself looks for. With `known`, a record
 * that was read before, the list is as it was then or later, which the API server answers at once: one of this very moment
 * waits until its cache has heard of all that was written to any object, for up to 100 ms. That no revision follows the last
 * one is asked by its name then. Throws TARGET_NOT_FOUND when there is no record.
 */
export async function readRelease(shelf: Shelf, known?: Entry): Promise<Release> {
  const { object: entries, date } = await readEntries(shelf, known)
  const [newest] = entries
  const next = known && newest && (await readEntry(shelf, newest.revision + 1))
  if (next) return readRelease(shelf)
  const last = newest && (await readRecord(shelf, newest))
  if (last) return { entries, last, now: date }
  const { namespace, name } = shelf.place
  throw new UnwindError(
    'TARGET_NOT_FOUND',
    `${shelf.cluster.name} has no release ${name} in ${namespace} (no ${plural(shelf)} with the labels owner=helm,name=${name}); check name, namespace and driver`,
  )
}

/** The record of a revision as it is at this moment, or undefined when there is none. */
export async function readRevision(shelf: Shelf, revision: number): Promise<ReleaseRecord | undefined> {
  return fetchRecord(shelf, keyOf(shelf, revision))
}

/** The same without its content. */
export async function readEntry(shelf: Shelf, revision: number): Promise<Entry | undefined> {
  const object = await fetchObject<{ metadata: Listed }>(shelf, keyOf(shelf, revision), METADATA_OF_ONE)
  return object && entryOf(object.metadata)
}

/** One record whole, as it was read before where nobody has written to it since; undefined when it was pruned meanwhile. */
export async function readRecord(shelf: Shelf, entry: Entry): Promise<ReleaseRecord | undefined> {
  const found = recall(entry) ?? (await fetchRecord(shelf, entry.key))
  return found?.uid === entry.uid ? found : undefined
}

async function fetchRecord(shelf: Shelf, key: string): Promise<ReleaseRecord | undefined> {
  const object = await fetchObject<{ metadata: Listed; data?: { release?: string } }>(shelf, key)
  if (!object) return undefined
  const bytes = object.data?.release ?? ''
  const text = shelf.driver === 'secret' ? Buffer.from(bytes, 'base64').toString('latin1') : bytes
  return remember({ ...entryOf(object.metadata), ...decode(text, key), stored: text })
}

/**
 * Deletes the record of an operation that nobody carries on with. Only as it was read: whoever has written to it since
 * keeps it, and the answer is false.
 */
export async function removeRecord(shelf: Shelf, { key, uid, resourceVersion }: Entry): Promise<boolean> {
  const asked = { verb: 'delete', ...about(shelf), name: key } as const
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } }
  const request = { method: 'DELETE', path: pathOf(shelf, key), body, signal: shelf.signal } as const
  const answer = await shelf.cluster.ask(request, asked)
  if (answer.status === 404 || answer.status === 409) return false
  if (answer.status >= 300) throw refused(answer, asked, shelf.cluster.name)
  return true
}

/**
 * Says of an operation whose helm is known to be dead that it failed, as Flux does (internal/reconcile/unlock.go in its
 * helm-controller): while it is pending, helm upgrade refuses to work. Whoever has written to it since keeps it.
 */
export async function markFailed(shelf: Shelf, { key, resourceVersion, stored }: ReleaseRecord): Promise<void> {
  const text = withStatus(stored, key, 'failed')
  const body = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    {
      ...{ op: 'replace', path: '/data/release' },
      value: shelf.driver === 'secret' ? Buffer.from(text).toString('base64') : text,
    },
    { op: 'replace', path: '/metadata/labels/status', value: 'failed' },
  ]
  await patchRecord(shelf, key, body)
}

/**
 * Changes a record by a JSON Patch (a list) or a merge patch. False: it is gone, or is not as the patch says that it must be.
 */
export async function patchRecord(shelf: Shelf, key: string, body: object): Promise<boolean> {
  const asked = { verb: 'patch', ...about(shelf), name: key } as const
  const contentType = Array.isArray(body) ? 'application/json-patch+json' : 'application/merge-patch+json'
  const request = { method: 'PATCH', path: pathOf(shelf, key), body, contentType, signal: shelf.signal } as const
  const answer = await shelf.cluster.ask(request, asked)
  if (answer.status === 404 || answer.status === 409 || answer.status === 422) return false
  if (answer.status >= 300) throw refused(answer, asked, shelf.cluster.name)
  return true
}

/** Whether two records lead to the same objects and the same values for the next upgrade. */
export function sameContent(one: ReleaseRecord, other: ReleaseRecord): boolean {
  return one.uid === other.uid || one.content === other.content
}

/** A record of something that is not known to have ended. */
export function isPending({ status }: Entry): boolean {
  return status.startsWith('pending-') || status === 'uninstalling'
}

/** A revision that was deployed once, as Helm's own --rollback-on-failure counts it. */
export function wasDeployed({ status }: Entry): boolean {
  return status === 'superseded' || status === 'deployed'
}

async function readEntries(shelf: Shelf, known?: Entry): Promise<Read<Entry[]>> {
  const { cluster, place, signal } = shelf
  const since = known && { resourceVersion: known.resourceVersion, resourceVersionMatch: 'NotOlderThan' }
  const query = { labelSelector: `owner=helm,name=${place.name}`, ...since }
  const { object: found, date } = await readList<{ metadata: Listed }>(cluster, {
    ...about(shelf),
    ...{ path: pathOf(shelf), query, accept: METADATA, signal },
  })
  const entries = found.map(({ metadata }) => entryOf(metadata)).filter(({ revision }) => revision > 0)
  return { object: entries.sort((a, b) => b.revision - a.revision), date }
}

type Listed = Metadata & { resourceVersion: string }

function entryOf({ name, uid, resourceVersion, labels = {}, annotations, creationTimestamp = '' }: Listed): Entry {
  const [revision, status] = [Number(labels['version'] ?? 0), labels['status'] ?? 'unknown']
  const claim = annotations?.[CLAIM]
  const entry = { key: name, uid, resourceVersion, revision, status, createdAt: Date.parse(creationTimestamp) }
  return { ...entry, ...(claim !== undefined && { claim }) }
}

async function fetchObject<T>(shelf: Shelf, key: string, accept?: string): Promise<T | undefined> {
  const { cluster, signal } = shelf
  const asked = { verb: 'get', ...about(shelf), name: key } as const
  const request = { method: 'GET', path: pathOf(shelf, key), ...(accept && { accept }), signal } as const
  const answer = await cluster.ask(request, asked)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw refused(answer, asked, cluster.name)
  return read<T>(answer).object
}

/** As Helm's storage drivers name them. */
function keyOf({ place }: Shelf, revision: number): string {
  return `sh.helm.release.v1.${place.name}.v${revision}`
}

function plural({ driver }: Shelf): 'secrets' | 'configmaps' {
  return driver === 'secret' ? 'secrets' : 'configmaps'
}

function about(shelf: Shelf) {
  return { resource: plural(shelf), namespace: shelf.place.namespace, rights: RIGHTS }
}

function pathOf(shelf: Shelf, key?: string): string {
  const path = `/api/v1/namespaces/${encodeURIComponent(shelf.place.namespace)}/${plural(shelf)}`
  return key === undefined ? path : `${path}/${encodeURIComponent(key)}`
}
