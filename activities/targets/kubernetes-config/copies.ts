import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { refused, unquoted } from '../../kubernetes/faults.ts'
import { list, type Metadata } from '../../kubernetes/objects.ts'
import { sameContent } from '../../versions/content.ts'
import { asked, type Configuration, contentOf, pathOf, readObject, RIGHTS, type Spot, writingOf } from './object.ts'

/** Marks of copies: what CI sets on those that it keeps, and what a rollback sets on those that it leaves. */
export const COPY = {
  /** A label, `true`, by which copies are found. */
  label: 'unwind.dev/copy',
  /** An annotation: the name of what it is a copy of, which is of the same kind and namespace. */
  of: 'unwind.dev/copy-of',
  /** An annotation: the release that ran with it. */
  release: 'unwind.dev/release',
  /** An annotation: the rollback that left it. */
  rollback: 'unwind.dev/rollback-id',
} as const

/** A copy as it is listed, without its content. */
export interface Listed {
  name: string
  uid: string
  createdAt: string
  release?: string
  /** A rollback has left it: it was bad then. */
  left: boolean
}

const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
const FIELD_MANAGER = 'unwind-config'

/** The copies of an object, newest first. */
export async function listCopies(cluster: Cluster, spot: Spot, signal: AbortSignal): Promise<Listed[]> {
  const { folder: path, resource, namespace } = spot
  const query = { labelSelector: `${COPY.label}=true` }
  const found = await list<{ metadata: Metadata }>(cluster, {
    ...{ path, resource, namespace, query, accept: METADATA, rights: RIGHTS, signal },
  })
  return found
    .filter(({ metadata }) => metadata.annotations?.[COPY.of] === spot.name)
    .map(({ metadata }) => listed(metadata))
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.name < b.name ? -1 : 1))
}

function listed({ name, uid, creationTimestamp = '', annotations = {} }: Metadata): Listed {
  const release = annotations[COPY.release]
  const left = annotations[COPY.rollback] !== undefined
  return { name, uid, createdAt: creationTimestamp, left, ...(release !== undefined && { release }) }
}

/**
 * A copy whole; undefined where it is not there, was made anew since (another uid), or can be changed: then nobody knows
 * whether it still holds what it held.
 */
export async function readCopy(
  cluster: Cluster,
  spot: Spot,
  { name, uid }: { name: string; uid: string | null },
  signal: AbortSignal,
): Promise<Configuration | undefined> {
  const found = (await readObject(cluster, spot, name, signal))?.object
  if (!found || found.immutable !== true || found.metadata.annotations?.[COPY.of] !== spot.name) return undefined
  return uid === null || found.metadata.uid === uid ? found : undefined
}

/** What a copy of the present content is called: another writing has another name, in whatever run. */
export function copyName(object: Configuration): string {
  const base = object.metadata.name.slice(0, 220).replace(/[.-]+$/, '')
  return `${base}.unwind-${writingOf(object)}`
}

/** Keeps the present content, once. Throws TARGET_REJECTED where something else has the name. */
export async function keep(spot: Spot, object: Configuration, context: CallContext<Cluster>): Promise<void> {
  const { connection: cluster, signal } = context
  const name = copyName(object)
  const { type, data, binaryData } = object
  const annotations = { [COPY.of]: spot.name, [COPY.rollback]: context.rollbackId }
  const body = {
    ...{ apiVersion: 'v1', kind: spot.kind, immutable: true },
    metadata: { name, labels: { [COPY.label]: 'true' }, annotations },
    ...{ ...(type !== undefined && { type }), ...(data && { data }), ...(binaryData && { binaryData }) },
  }
  const what = asked(spot, 'create', name)
  const path = `${spot.folder}?fieldManager=${FIELD_MANAGER}&fieldValidation=Strict`
  const answer = await cluster.ask({ method: 'POST', path, body, signal }, what)
  if (answer.status < 300) return
  if (answer.status !== 409) throw refused(unquoted(answer), what, cluster.name)
  const there = await readCopy(cluster, spot, { name, uid: null }, signal)
  if (there && sameContent(contentOf(there), contentOf(object))) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `${pathOf(spot, name)} exists and is no copy of ${spot.title}; delete it first`,
  )
}
