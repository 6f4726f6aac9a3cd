import type { Warning } from '../../../model/target.ts'
import { notChecked } from '../../kubernetes/owner.ts'
import { type Live, readLive, readServed } from './live.ts'
import { identityOf, type Item, isWorkload, itemsOf } from '../../kubernetes/manifest.ts'
import type { Sight } from './plan.ts'
import { readRecord } from './records.ts'
import { driftWarnings, leftoverWarnings, replicaWarnings, servedWarnings } from './warnings.ts'

/** So many revisions before one that did not end are looked through for objects that nobody will delete. */
const DEPTH = 5

/** What the cluster itself says about the move: kinds that it serves, what runs, what scales it, what would stay. */
export async function surroundings(sight: Sight): Promise<Warning[]> {
  const { shelf, all, scalers } = sight
  const { cluster, place, signal } = shelf
  const [before, after] = [all.flatMap((pair) => pair.before ?? []), all.flatMap((pair) => pair.after ?? [])]
  const doubtful = await orphans(sight, [...before, ...after])
  const served = await readServed(cluster, [...before, ...after, ...doubtful], signal)
  const workloads = [...before, ...after].filter(isWorkload)
  const { live, unread } = await readLive(cluster, unique([...workloads, ...doubtful]), served, signal)
  const left = doubtful.filter((item) => isOurs(live.get(identityOf(item)), place.name))
  return [
    ...servedWarnings(all, served),
    ...replicaWarnings(all, live, scalers ?? [], place),
    ...driftWarnings(before, live, place),
    ...leftoverWarnings(left, place),
    ...notChecked([...unread, ...(scalers ? [] : ['horizontalpodautoscalers'])]),
  ]
}

/** Objects of earlier revisions that neither manifest has, where the last operation did not end. */
async function orphans({ release: { last, entries }, shelf }: Sight, known: readonly Item[]): Promise<Item[]> {
  if (last.status === 'deployed') return []
  const names = new Set(known.map(identityOf))
  const records = await Promise.all(entries.slice(0, DEPTH).map((entry) => readRecord(shelf, entry)))
  const items = records.flatMap((record) => (record ? itemsOf(record.manifest, shelf.place.namespace) : []))
  return unique(items).filter((item) => !names.has(identityOf(item)))
}

function isOurs(live: Live | undefined, release: string): boolean {
  return live?.metadata.annotations?.['meta.helm.sh/release-name'] === release
}

function unique(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [identityOf(item), item])).values()]
}
