import { UnwindError } from '../../../model/errors.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { refused } from '../../kubernetes/faults.ts'
import type { Metadata } from '../../kubernetes/objects.ts'
import { type Body, identityOf, type Item } from '../../kubernetes/manifest.ts'
import { RIGHTS } from './state.ts'

/** Which of the kinds of a manifest the API server serves, and under which paths. */
export interface Served {
  pathOf(item: Item): string | undefined
}

/** An object as it is in the cluster. */
export interface Live extends Body {
  metadata: Metadata & Record<string, unknown>
}

/** More versions of APIs and more objects than charts have; what is beyond is not looked at. */
const VERSIONS = 60
const OBJECTS = 500

/** Asks the API server what it serves of these objects' versions. One that is unknown to it has no path. */
export async function readServed(cluster: Cluster, items: readonly Item[], signal: AbortSignal): Promise<Served> {
  const versions = [...new Set(items.map(({ apiVersion }) => apiVersion))].slice(0, VERSIONS)
  const found = new Map<string, { name: string; namespaced: boolean }>()
  await Promise.all(
    versions.map(async (version) => {
      const wanted = items.filter(({ apiVersion }) => apiVersion === version).map(({ kind }) => kind)
      for (const { name, kind, namespaced } of await resourcesOf(cluster, version, wanted, signal))
        if (!name.includes('/')) found.set(`${version}/${kind}`, { name, namespaced })
    }),
  )
  return {
    pathOf: ({ apiVersion, kind, name, namespace }) => {
      const resource = found.get(`${apiVersion}/${kind}`)
      if (!resource) return undefined
      const scope = resource.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : ''
      return `${rootOf(apiVersion)}${scope}/${resource.name}/${encodeURIComponent(name)}`
    },
  }
}

/** What is there of these objects, by identity; `unread` are kinds that the account may not read, `looked` what was asked for. */
export async function readLive(
  cluster: Cluster,
  items: readonly Item[],
  served: Served,
  signal: AbortSignal,
): Promise<{ live: Map<string, Live>; unread: string[]; looked: readonly Item[] }> {
  const live = new Map<string, Live>()
  const unread = new Set<string>()
  const looked = items.slice(0, OBJECTS)
  await Promise.all(
    looked.map(async (item) => {
      const path = served.pathOf(item)
      if (!path) return
      const asked = { verb: 'get', resource: item.kind, namespace: item.namespace, name: item.name } as const
      const answer = await cluster.ask({ method: 'GET', path, signal }, { ...asked, rights: RIGHTS })
      if (answer.status === 200) live.set(identityOf(item), answer.body as Live)
      else if (answer.status === 403) unread.add(item.kind)
      else if (answer.status !== 404) throw refused(answer, asked, cluster.name)
    }),
  )
  return { live, unread: [...unread], looked }
}

interface Resource {
  name: string
  kind: string
  namespaced: boolean
}

/** What is served changes with an upgrade of the cluster or a new definition, not between two looks. Milliseconds. */
const FRESH = 30_000

const known = new WeakMap<Cluster, Map<string, { resources: Resource[]; until: number }>>()

/** What a version serves, as it was told lately. Where a kind is missing it is asked again: its definition may be new. */
async function resourcesOf(cluster: Cluster, version: string, wanted: readonly string[], signal: AbortSignal) {
  const all = known.get(cluster) ?? new Map<string, { resources: Resource[]; until: number }>()
  if (all.size > VERSIONS) all.clear()
  known.set(cluster, all)
  const told = all.get(version)
  const has = (kind: string) => told?.resources.some((resource) => resource.kind === kind)
  if (told && told.until > Date.now() && wanted.every(has)) return told.resources
  const resources = await readResources(cluster, version, signal)
  all.set(version, { resources, until: Date.now() + FRESH })
  return resources
}

async function readResources(cluster: Cluster, version: string, signal: AbortSignal): Promise<Resource[]> {
  const asked = { verb: 'get', resource: version, rights: RIGHTS } as const
  try {
    const answer = await cluster.demand({ method: 'GET', path: rootOf(version), signal }, asked)
    return (answer.body as { resources?: Resource[] }).resources ?? []
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_NOT_FOUND') return []
    throw error
  }
}

function rootOf(version: string): string {
  return version.includes('/') ? `/apis/${version}` : `/api/${version}`
}
