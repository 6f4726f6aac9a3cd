import { UnwindError } from '../../model/errors.ts'
import type { Cluster } from './connect.ts'
import type { Answer } from './request.ts'

/** The parts of Kubernetes objects that are read here. Everything else passes through untouched as raw JSON. */
export interface Metadata {
  name: string
  namespace?: string
  uid: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean; apiVersion?: string }[]
  managedFields?: { manager?: string; operation?: string; time?: string; subresource?: string; fieldsV1?: object }[]
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastUpdateTime?: string
  lastTransitionTime?: string
}

export interface Selector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

/** An object, and the API server's clock when it was read. */
export interface Read<T> {
  object: T
  date: number
}

/** Whether the object with this uid is the controller. */
export function isControlledBy(metadata: Metadata, uid: string): boolean {
  return metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) ?? false
}

/** A workload's namespace and name. */
export interface Place {
  namespace: string
  name: string
}

export interface Listing {
  path: string
  resource: string
  namespace?: string
  query?: Record<string, string>
  /** The form of the answer. Default: whole objects. */
  accept?: string
  /** The manifest that grants the right. */
  rights?: string
  signal: AbortSignal
}

const PAGE = 250
const PAGES = 20

/** A whole list, in pages and bounded. Throws what `demand` throws; a list beyond the bound is refused, not cut. */
export async function list<T>(cluster: Cluster, listing: Listing): Promise<T[]> {
  return (await readList<T>(cluster, listing)).object
}

/** The same with the API server's clock. */
export async function readList<T>(cluster: Cluster, listing: Listing): Promise<Read<T[]>> {
  const { path, resource, namespace, query, accept, rights, signal } = listing
  const asked = { verb: 'list', resource, ...(namespace && { namespace }), ...(rights && { rights }) } as const
  const items: T[] = []
  let next = ''
  for (let page = 0; page < PAGES; page++) {
    const search = new URLSearchParams({ ...query, limit: String(PAGE), ...(next && { continue: next }) })
    const request = { method: 'GET', path: `${path}?${search.toString()}`, ...(accept && { accept }), signal } as const
    const { object, date } = read<{ items?: T[]; metadata?: { continue?: string } }>(
      await cluster.demand(request, asked),
    )
    items.push(...(object.items ?? []))
    next = object.metadata?.continue ?? ''
    if (!next) return { object: items, date }
  }
  throw new UnwindError(
    'TARGET_REJECTED',
    `${cluster.name} has more than ${PAGE * PAGES} ${resource} in ${namespace ?? 'all namespaces'}; narrow the selector of the workload`,
  )
}

/** A label selector as the API takes it in a query. */
export function selectorText(selector: Selector): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const terms = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${(values ?? []).join(',')})`
  })
  return [...equal, ...terms].join(',')
}

/** Whether a label selector picks an object with these labels; an empty one picks every object. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Record<string, string>,
): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  const hold = matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key]
    if (operator === 'Exists') return value !== undefined
    if (operator === 'DoesNotExist') return value === undefined
    return operator === 'In'
      ? value !== undefined && values.includes(value)
      : value === undefined || !values.includes(value)
  })
  return equal && hold
}

/** The body of a success as what it was asked for. */
export function read<T>(answer: Answer): Read<T> {
  return { object: answer.body as T, date: answer.date ?? Date.now() }
}
